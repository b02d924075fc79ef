"""The signals that are read off a stack of networks: pure functions, one value per run.

Names and sources are in `training_runs.signals`. `@measures` names the signals that a function returns, and what it reads
of a `Checkpoint`: that is all it takes for the generator and the Monitor to measure it. Each function takes float tensors whose leading dimension is the runs
of a stack, (n_runs, ...), and returns (n_runs,); nothing here keeps a gradient by itself, so call it in
`torch.no_grad()`. Random masks and directions come from a `torch.Generator` and are shared by the runs of a stack: a
run in a stack is measured as it would be alone. A run that has diverged yields NaN (its counts, such as accuracies,
mean nothing) and leaves the others as they are.

| file | reads |
|---|---|
| `fit` | logits and labels |
| `weights` | parameters |
| `embedding` | the embedding |
| `activations` | hidden units |
| `attention` | attention weights |
| `robustness` | the network again, with units dropped or weights zeroed |
| `landscape` | the loss around the parameters |
| `figure_arrays` | the same parts, of which it keeps curves, histograms and matrices |
"""

from training_runs.generator.probes import activations, attention, embedding, fit, landscape, robustness, weights
from training_runs.generator.probes.checkpoint import Checkpoint

__all__ = ["Checkpoint", "activations", "attention", "embedding", "fit", "landscape", "robustness", "weights"]
