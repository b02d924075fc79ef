"""What became of a claim, as it is stored: a JSON file and a picture for each, in a folder."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from predictor.reproduction.claim import Figure, Finding, Picture, Verdict
from predictor.reproduction.pictures import picture_svg
from training_runs.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Scale = Literal["stored runs", "quick", "full"]


@dataclass(frozen=True)
class Result:
    """What runs found of a claim.

    Attributes
    ----------
    scale : the runs that were stored anyway, or runs made for it, fewer and smaller ones where quick.
    verdict : None where the runs do not suffice.
    figures : name -> figure with its 95 % interval over configurations, or a number; the first decides.
    runs, configurations : how many were looked at.
    seeds : fewest and most runs of a configuration.
    """

    scale: Scale
    verdict: Verdict | None
    figures: dict[str, Figure]
    runs: int
    configurations: int
    seeds: tuple[int, int]
    picture: Picture | None
    note: str = ""


def result_of(finding: Finding, scale: Scale) -> Result:
    """Return a finding as it is stored."""
    seeds = Counter(run.run.configuration_id for run in finding.tested)
    return Result(
        scale,
        finding.verdict,
        dict(finding.figures),
        len(finding.tested),
        len(seeds),
        (min(seeds.values(), default=0), max(seeds.values(), default=0)),
        finding.picture,
        finding.note,
    )


def write_result(folder: Path, name: str, result: Result) -> bool:
    """Write a result and its picture; return False where a full result is held, which a quick one does not replace."""
    held = folder / f"{name}.json"
    if result.scale == "quick" and held.exists() and read_result(folder, name).scale == "full":
        return False
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in asdict(result).items()]
    held.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    if result.picture is not None:
        (folder / f"{name}.svg").write_text(picture_svg(name, result.picture))
    return True


def read_result(folder: Path, name: str) -> Result:
    """Return a stored result.

    Raises
    ------
    InvalidInput : the file is not what `write_result` wrote.
    """
    from pydantic import ValidationError

    file = folder / f"{name}.json"
    try:
        return _json_form().validate_json(file.read_text())
    except ValidationError as error:
        raise InvalidInput(
            field=str(file),
            value=f"{error.error_count()} faults, the first at {error.errors()[0]['loc']}",
            expected="a result of `grokcast reproduce`",
            hint=f"grokcast reproduce {name} makes it again",
        ) from error


def held_results(folder: Path, names: Sequence[str]) -> dict[str, Result]:
    """Return the results that a folder holds of some claims, in their order."""
    return {name: read_result(folder, name) for name in names if (folder / f"{name}.json").exists()}


@cache
def _json_form() -> "TypeAdapter[Result]":
    from pydantic import TypeAdapter

    return TypeAdapter(Result)
