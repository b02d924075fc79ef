"""Where forecasters live: one folder a version, holding data and never code.

A version is `booster-<k>.txt` (LightGBM's text format), `network-<k>.npz` (arrays), the same of the context alone as
`context-booster-<k>.txt` and `context-network-<k>.npz`, `state.json` (everything else that a forecast needs), `card.json`
(what it was made from and how good it is) and `manifest.json` (a checksum of each of those). The shipped versions lie in
this package and cannot be changed; the user's lie in their data directory, beside the name of the active one.
A version appears whole or not at all, and is never overwritten.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from features.extract import FEATURES
from predictor.answering.advice import AdviceRule
from predictor.answering.support import Reach, Resemblance
from predictor.errors import DamagedForecaster, ForecasterNotFound
from predictor.forecaster import CONTEXT_COLUMNS, TOLD, OnsetForecaster
from predictor.hazard.boosting import ASKED
from predictor.hazard.cross_fitting import Calibration, HazardModel
from predictor.hazard.ensemble import Ensemble
from predictor.hazard.hazard_calibration import HazardMap
from predictor.hazard.learner import Learner
from predictor.hazard.linear import LinearHazard
from predictor.hazard.network import HazardNetwork
from predictor.hazard.probability_calibration import CalibrationMap
from predictor.hazard.trees.lightgbm_format import TreeText

SHIPPED = Path(__file__).parent / "forecasters"
FORMAT = 4  # of all of this; a change is named in the CHANGELOG

Card = dict[str, Any]


class ForecasterStore:
    """Versions of the forecaster, and which of them answers.

    Parameters
    ----------
    folder : where the user's versions lie; by default the user's data directory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(platformdirs.user_data_dir("grokcast")) / "forecasters"

    def active_version(self) -> str:
        """Return the version that answers: the one activated last, else the newest that is shipped.

        Raises
        ------
        ForecasterNotFound : none was activated, and none is shipped with this installation.
        """
        try:
            return (self.folder / "active").read_text(errors="replace").strip()
        except FileNotFoundError:
            shipped = _versions(SHIPPED)
            if not shipped:
                raise ForecasterNotFound(version="active", known=self.versions()) from None
            return shipped[-1]

    def versions(self) -> list[str]:
        """Return every stored version, newest first."""
        return sorted({*_versions(SHIPPED), *_versions(self.folder)}, key=_order, reverse=True)

    def load(self, version: str | None = None) -> OnsetForecaster:
        """Return a forecaster, by default the active one.

        Raises
        ------
        ForecasterNotFound : no such version.
        DamagedForecaster : a file is missing or altered, or the version needs other features than these.
        """
        version = version or self.active_version()
        return _load(self._path(version), version)

    def cards(self) -> list[Card]:
        """Return what is known of every version, newest first."""
        return [self.card(version) for version in self.versions()]

    def card(self, version: str) -> Card:
        """Return what a version was made from and how good it is, and whether it is the active one."""
        path = self._path(version)
        _check(path)
        card: Card = json.loads((path / "card.json").read_text())
        return {**card, "active": version == self.active_version()}

    def save(self, forecaster: OnsetForecaster, card: Card) -> None:
        """Add a version, durably."""
        save(forecaster, card, self.folder)

    def activate(self, version: str) -> None:
        """Make a version the one that answers: atomic, and undone by activating another.

        Raises
        ------
        ForecasterNotFound, DamagedForecaster : it cannot be loaded; the one before stays.
        """
        self.load(version)
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
        for prefix, learners in _learners(forecaster.hazard).items():
            for k, learner in enumerate(learners):
                (aside / f"{prefix}booster-{k}.txt").write_text(learner.boosted.text)
                arrays = _arrays_of(learner.network)
                np.savez(aside / f"{prefix}network-{k}.npz", allow_pickle=False, **arrays)
        (aside / "state.json").write_text(_dumps(_state(forecaster)))
        (aside / "card.json").write_text(_dumps({"version": forecaster.version, **card}))
        checksums = {p.name: _checksum(p) for p in sorted(aside.iterdir())}
        (aside / "manifest.json").write_text(_dumps(checksums))
        aside.chmod(0o755)
        os.rename(aside, folder / forecaster.version)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _versions(folder: Path) -> list[str]:
    found = [p.parent.name for p in folder.glob("*/manifest.json")] if folder.is_dir() else []
    return sorted((v for v in found if not v.startswith(".")), key=_order)


def _order(version: str) -> list[tuple[int, str]]:
    """Order 2026.11.2 before 2026.11.10, and both before 2026.11.own.1."""
    return [(int(part), "") if part.isdigit() else (sys.maxsize, part) for part in version.split(".")]


def _check(path: Path) -> None:
    try:
        manifest = json.loads((path / "manifest.json").read_text())
        for name, checksum in manifest.items():
            if _checksum(path / name) != checksum:
                raise DamagedForecaster(path=str(path), problem=f"{name} has been altered")
    except (OSError, ValueError) as error:
        if isinstance(error, DamagedForecaster):
            raise
        raise DamagedForecaster(path=str(path), problem=f"it cannot be read ({error})") from None


def _load(path: Path, version: str) -> OnsetForecaster:
    _check(path)
    state = json.loads((path / "state.json").read_text())
    if state["format"] != FORMAT:
        problem = (
            f"it has format {state['format']}, and this version of Grokcast reads {FORMAT}, which retraining writes"
        )
        raise DamagedForecaster(path=str(path), problem=problem)
    if state["features"] != list(FEATURES):
        raise DamagedForecaster(path=str(path), problem="it was made for other features than this version computes")
    resemblance = state["resemblance"]
    return OnsetForecaster(
        version=version,
        hazard=_hazard(path, state),
        population=_array(state["population"]),
        memorization=_array(state["memorization"]),
        reach=Reach(
            ages=_array(state["reach"]["ages"]),
            decades=_array(state["reach"]["decades"]),
            landmarks=_array(state["reach"]["landmarks"]),
            unmemorized=_array(state["reach"]["unmemorized"]),
        ),
        resemblance=Resemblance(
            low=_array(resemblance["low"]),
            high=_array(resemblance["high"]),
            importance=_array(resemblance["importance"]),
            threshold=resemblance["threshold"],
            floor=resemblance["floor"],
            least_known=resemblance["least_known"],
            worlds=resemblance["worlds"],
        ),
        advice=AdviceRule(**state["advice"]),
    )


def _hazard(path: Path, state: dict[str, Any]) -> HazardModel:
    maps = {
        int(g): Calibration(HazardMap(*map(_array, m[:2])), CalibrationMap(*map(_array, m[2:])))
        for g, m in state["calibration"].items()
    }
    try:
        everything = _ensemble(path, state, "", range(len(FEATURES)))
        context = _ensemble(path, state, "context-", CONTEXT_COLUMNS)
        hazard = HazardModel(everything, context if context.learners else None, TOLD, maps)
        hazard.lay_out()
        return hazard
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        problem = f"its learners cannot be used ({error})"
        raise DamagedForecaster(path=str(path), problem=problem) from None


def _ensemble(path: Path, state: dict[str, Any], prefix: str, columns: Sequence[int]) -> Ensemble:
    boosted = [TreeText.read(f.read_text()) for f in sorted(path.glob(f"{prefix}booster-*.txt"))]
    networks = [_network(f) for f in sorted(path.glob(f"{prefix}network-*.npz"))]
    names = [*(list(FEATURES)[k] for k in columns), *ASKED]
    if any(b.names != names for b in boosted):
        raise ValueError("its boosters name other features")
    parts = zip(map(_linear, state["linear"][prefix]), boosted, networks, strict=True)
    return Ensemble([Learner(*part) for part in parts], np.array(columns, dtype=np.intp))


def _learners(hazard: HazardModel) -> dict[str, Sequence[Learner]]:
    """Return the learners of a model by what the names of their files begin with."""
    context = [] if hazard.context is None else hazard.context.learners
    return {"": hazard.everything.learners, "context-": context}


def _state(forecaster: OnsetForecaster) -> dict[str, Any]:
    resemblance, reach = forecaster.resemblance, forecaster.reach
    return {
        "format": FORMAT,
        "features": list(FEATURES),
        "linear": {
            prefix: [_linear_state(m.linear) for m in learners]
            for prefix, learners in _learners(forecaster.hazard).items()
        },
        "calibration": {
            str(g): [values.tolist() for part in (m.hazard, m.probability) for values in vars(part).values()]
            for g, m in sorted(forecaster.hazard.calibration.items())
        },
        "population": forecaster.population.tolist(),
        "memorization": forecaster.memorization.tolist(),
        "reach": {
            "ages": reach.ages.tolist(),
            "decades": reach.decades.tolist(),
            "landmarks": reach.landmarks.tolist(),
            "unmemorized": reach.unmemorized.tolist(),
        },
        "resemblance": {
            "low": _listed(resemblance.low),
            "high": _listed(resemblance.high),
            "importance": resemblance.importance.tolist(),
            "threshold": resemblance.threshold,
            "floor": resemblance.floor,
            "least_known": resemblance.least_known,
            "worlds": resemblance.worlds,
        },
        "advice": asdict(forecaster.advice),
    }


def _linear(state: dict[str, list[Any]]) -> LinearHazard:
    arrays = {name: _array(values) for name, values in state.items() if name != "columns"}
    return LinearHazard(columns=np.array(state["columns"], dtype=np.intp), **arrays)


def _linear_state(linear: LinearHazard) -> dict[str, list[Any]]:
    return {name: values.tolist() for name, values in vars(linear).items()}


def _arrays_of(network: HazardNetwork) -> dict[str, np.ndarray]:
    layers = {f"parameters-{k}": values for k, values in enumerate(network.parameters)}
    return {"centre": network.centre, "scale": network.scale, **layers}


def _network(path: Path) -> HazardNetwork:
    with np.load(path) as arrays:
        layers = [arrays[f"parameters-{k}"] for k in range(len(arrays.files) - 2)]
        return HazardNetwork(arrays["centre"], arrays["scale"], layers)


def _array(values: list[float | None]) -> np.ndarray:
    return np.array(values, dtype=float)  # null becomes NaN: no value lies inside such a range


def _listed(values: np.ndarray) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values]


def _dumps(content: Any) -> str:
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
