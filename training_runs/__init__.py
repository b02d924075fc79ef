"""What a training run is, where runs come from, and how they are kept.

The layer makes runs (`generator`, by the `designs`), reads runs recorded elsewhere (`readers`), stores them (`archive`),
describes a folder of them (`datasheet`), and owns the nouns that every layer above shares: `Trajectory`, `Onset`, `Context`, `Run`. Importing
these never imports torch.
"""

from training_runs.context import Context
from training_runs.errors import InvalidInput
from training_runs.onset import Onset
from training_runs.run import Run
from training_runs.trajectory import Trajectory

__all__ = ["Context", "InvalidInput", "Onset", "Run", "Trajectory"]
