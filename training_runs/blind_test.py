"""The runs that no forecaster has learnt from: they judge a release, once, and nothing else reads them.

Looking at them while something can still be chosen would make them one more validation set. They are 144 configurations,
made and frozen by

    grokcast generate blind --runs 210 --seed 1 --out training_runs/blind
    python -m training_runs.checksums training_runs/blind

The second test has 200 configurations of the designs that are learnt from beside the corpus, made by `make sweep` (the item
`blind_second` of the queue) and frozen likewise.
"""

from pathlib import Path

from training_runs import archive, checksums
from training_runs.errors import InvalidInput
from training_runs.run import Run

BLIND = Path(__file__).parent / "blind"
SECOND_BLIND = Path(__file__).parent / "blind_second"


def read_blind(folder: Path = BLIND) -> list[Run]:
    """Return the runs of the blind test.

    Raises
    ------
    InvalidInput : the folder does not exist, is not frozen, or is not what was frozen.
    """
    runs = archive.read(folder)
    if not (folder / checksums.NAME).exists():
        raise InvalidInput(
            field=str(folder),
            value="a folder that is not frozen",
            expected=f"one with {checksums.NAME}",
        )
    return runs
