"""Where forecasters live: one folder a version, holding data and never code.

A version is `state.json` and `arrays.npz` (all that a forecast needs), `card.json` (what it was made from and how good it
is) and `manifest.json` (a checksum of each of those). The shipped versions lie in this package and cannot be changed; the
user's lie in their data directory, beside the name of the active one.
A version appears whole or not at all, and is never overwritten.
"""

import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from features.columns import MissingColumn
from predictor.errors import DamagedForecaster, ForecasterNotFound
from predictor.forecaster import OnsetForecaster
from predictor.question import Question
from predictor.state_files import LARGEST_TEXT, dumps, read_description, read_state, require_file, write_state
from training_runs import Context, Trajectory

SHIPPED = Path(__file__).parent / "forecasters"
FORMAT = 7  # of all of this; a change is named in the CHANGELOG
_LONGEST_NAME = 64  # characters, as in `forecasts` of the service's database

Card = dict[str, Any]


class ForecasterStore:
    """Versions of the forecaster, and which of them answers.

    Parameters
    ----------
    folder : where the user's versions lie; by default `GROKCAST_FORECASTER_STORE`, else the user's data directory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        named = os.environ.get("GROKCAST_FORECASTER_STORE")
        self.folder = folder or (Path(named) if named else Path(platformdirs.user_data_dir("grokcast")) / "forecasters")

    def active_version(self) -> str:
        """Return the version that answers: the one activated last, else the newest that is shipped.

        Raises
        ------
        ForecasterNotFound : none was activated, and none is shipped with this installation.
        DamagedForecaster : which was activated cannot be read.
        """
        file = self.folder / "active"
        try:
            activated = require_file(file, LARGEST_TEXT).read_text(errors="replace").strip()
        except FileNotFoundError:
            activated = ""
        except OSError as error:
            raise DamagedForecaster(path=str(file), problem=f"it cannot be read ({error.strerror})") from None
        shipped = _versions(SHIPPED)
        if not activated and not shipped:
            raise ForecasterNotFound(version="active", known=self.versions())
        return activated or shipped[-1]

    def versions(self) -> list[str]:
        """Return every stored version, newest first."""
        return sorted({*_versions(SHIPPED), *_versions(self.folder)}, key=_order, reverse=True)

    def load(self, version: str | None = None, *, plans: bool = False) -> OnsetForecaster:
        """Return a forecaster, by default the active one; with `plans` it has also made one, which takes a moment.

        Raises
        ------
        ForecasterNotFound : no such version.
        DamagedForecaster : a file is missing or altered, or it reads a feature that is not measured any more.
        """
        version = self.active_version() if version is None else version
        return _load(self._path(version), version, plans)

    def cards(self) -> list[Card]:
        """Return the card of every version, newest first; of a damaged one its `version`, `active` and `problem`."""
        return [self._card_or_problem(version) for version in self.versions()]

    def card(self, version: str) -> Card:
        """Return the card of a version (runs, features, figures), with `active`.

        Raises
        ------
        ForecasterNotFound : no such version.
        DamagedForecaster : a file is missing or altered, or the card is none.
        """
        path = self._path(version)
        _check(path)
        return {**_read_card(path), "version": version, "active": self._is_active(version)}

    def _card_or_problem(self, version: str) -> Card:
        try:
            return self.card(version)
        except DamagedForecaster as error:
            return {"version": version, "active": self._is_active(version), "problem": error.problem}

    def _is_active(self, version: str) -> bool:
        try:
            return version == self.active_version()
        except (ForecasterNotFound, DamagedForecaster):
            return False

    def save(self, forecaster: OnsetForecaster, card: Card) -> None:
        """Add a version, durably.

        Raises
        ------
        FileExistsError : there is one of its name.
        """
        save(forecaster, card, self.folder)

    def require_writable(self) -> None:
        """Return if versions can be added.

        Raises
        ------
        DamagedForecaster : they cannot.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                return
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> DamagedForecaster:
        return DamagedForecaster(path=str(self.folder), problem=f"the store cannot be written ({error.strerror})")

    def activate(self, version: str) -> None:
        """Make a version the one that answers: atomic, and undone by activating another.

        Raises
        ------
        ForecasterNotFound, DamagedForecaster : it cannot be loaded, or the store not written; the one before stays.
        """
        self.load(version, plans=True)
        try:
            self._write_active(version)
        except OSError as error:
            raise self._unwritable(error) from None

    def _write_active(self, version: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # Of a name that no other thread, process or machine has.
        number, aside = tempfile.mkstemp(prefix=".active-", dir=self.folder)
        with os.fdopen(number, "w") as file:
            file.write(version + "\n")
            file.flush()
            os.fsync(number)
        os.chmod(aside, 0o644)
        os.replace(aside, self.folder / "active")

    def _path(self, version: str) -> Path:
        for place in (self.folder, SHIPPED):
            if version in _versions(place):
                return place / version
        raise ForecasterNotFound(version=version, known=self.versions())


def save(forecaster: OnsetForecaster, card: Card, folder: Path) -> None:
    """Write a version into a folder of versions: aside first, then renamed as a whole."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        write_state(aside, {"format": FORMAT, **forecaster.state()})
        (aside / "card.json").write_text(dumps({"version": forecaster.version, **card}))
        checksums = {p.name: _checksum(p) for p in sorted(aside.iterdir())}
        (aside / "manifest.json").write_text(dumps(checksums))
        aside.chmod(0o755)
        _rename_new(aside, folder / forecaster.version)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def rewrite_card(folder: Path, figures: Card) -> None:
    """Write figures that were measured later into the card of a version that is to be shipped; its answers stay."""
    (folder / "card.json").write_text(dumps({**_read_card(folder), **figures}))
    checksums = {name: _checksum(folder / name) for name in json.loads((folder / "manifest.json").read_text())}
    (folder / "manifest.json").write_text(dumps(checksums))


def _rename_new(aside: Path, place: Path) -> None:
    """Give a folder a name that no other has: a full one is in the way of its like, and no empty one is made here."""
    try:
        os.rename(aside, place)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise FileExistsError(errno.EEXIST, "there is a version of this name", str(place)) from None
        raise


def _versions(folder: Path) -> list[str]:
    found = [p.parent.name for p in folder.glob("*/manifest.json")] if folder.is_dir() else []
    return sorted(filter(_is_name, found), key=_order)


def _is_name(version: str) -> bool:
    """Return True for what lists show and databases keep; a folder of another name is no version."""
    return version.isprintable() and len(version) <= _LONGEST_NAME and not version.startswith(".")


def _order(version: str) -> list[tuple[int, str]]:
    """Order 2026.11.2 before 2026.11.10, and both before 2026.11.own.1."""
    return [
        (int(part), "") if part.isascii() and part.isdigit() else (sys.maxsize, part) for part in version.split(".")
    ]


def _check(path: Path) -> None:
    try:
        manifest = json.loads(require_file(path / "manifest.json", LARGEST_TEXT).read_text())
        for name, checksum in manifest.items():
            if _checksum(path / name) != checksum:
                raise DamagedForecaster(path=str(path), problem=f"{name} has been altered")
    except DamagedForecaster:
        raise
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise DamagedForecaster(path=str(path), problem=f"it cannot be read ({error})") from None


def _read_card(path: Path) -> Card:
    """Return a card whose members that others rely on are of their kind."""
    # Which takes what can be sent on: no lone surrogates, nothing endlessly nested. Imported here: a forecast reads no card.
    from pydantic_core import from_json

    try:
        card = from_json(require_file(path / "card.json", LARGEST_TEXT).read_bytes(), allow_inf_nan=False)
        is_card = isinstance(card, dict) and isinstance(card.get("corpus", {}), dict)
    except (OSError, ValueError):
        is_card = False
    if not is_card:
        raise DamagedForecaster(path=str(path), problem="its card.json is no card")
    return dict(card)


def _load(path: Path, version: str, plans: bool) -> OnsetForecaster:
    """Return a forecaster that has answered a question: what is stored badly but consistently shows only then."""
    _check(path)
    try:
        found = read_description(path).get("format")
        if found != FORMAT:
            raise DamagedForecaster(path=str(path), problem=_OTHER_FORMAT.format(found=found, reads=FORMAT))
        forecaster = OnsetForecaster.of_state(version, read_state(path))
        forecaster.warm_up()
        _try(forecaster)
        if plans and forecaster.planner is not None:
            forecaster.planner.warm_up()
    except DamagedForecaster:
        raise
    except MissingColumn as error:
        raise DamagedForecaster(path=str(path), problem=f"{error}; `grokcast retrain` makes it again") from None
    except Exception as error:  # whatever arrays raise that do not fit together
        raise DamagedForecaster(path=str(path), problem=f"its state cannot be used ({error!r})") from error
    return forecaster


def _try(forecaster: OnsetForecaster) -> None:
    """Ask one question about a run that has memorised, with both learners' inputs.

    Raises
    ------
    ValueError : the answer is no probability. Whatever else the parts raise that do not work together.
    """
    steps = np.unique(np.geomspace(1, 1000, 40).astype(int))
    train = 1 / (1 + np.exp(-(steps - 100) / 20))
    history = Trajectory(
        steps, {"train_acc": train, "val_acc": np.full(len(steps), 0.01), "train_loss": 1 - 0.99 * train}
    )
    for context in (Context(), Context(learning_rate=1e-3, weight_decay=1.0, modulus=97, task_family="modular")):
        probability = forecaster.forecast(Question(history, context)).probability_onset_by_horizon
        if not 0 <= probability <= 1:
            raise ValueError(f"it forecasts a probability of {probability}")


_OTHER_FORMAT = "it has format {found}, and this version of Grokcast reads {reads}, which retraining writes"


def _checksum(path: Path) -> str:
    with require_file(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
