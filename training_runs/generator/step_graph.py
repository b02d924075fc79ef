"""One training step as a CUDA graph: a single launch in the place of some hundred, which small stacks wait for."""

import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from training_runs.generator.samples import Batch

Step = Callable[[Batch], None]

_CHECKED_STEPS = 8
_TOLERANCE = 0.02  # of what the steps change: sums on a GPU are taken in another order each time


def graphed(step: Step, batch: Batch, state: Sequence[Tensor], *, check: bool) -> Step:
    """Return a step that replays a CUDA graph of this one, or the step itself where it cannot be captured.

    Parameters
    ----------
    step : changes `state` alone, in place, and launches the same kernels for every batch of one shape.
    batch : any batch, for its shape.
    state : every tensor that a step changes and reads again; left as it was.
    check : compare some steps both ways first.
    """
    before, random_state = [t.clone() for t in state], torch.cuda.get_rng_state()

    def rewind() -> None:
        for tensor, value in zip(state, before, strict=True):
            tensor.copy_(value)
        torch.cuda.set_rng_state(random_state)

    try:
        replay = _captured(step, batch)
        if check:
            moved = []
            for way in (step, replay):
                rewind()
                for _ in range(_CHECKED_STEPS):
                    way(batch)
                moved.append(state[0].clone())
            off = difference(moved[1], moved[0], before[0])
            if not off <= _TOLERANCE:
                raise RuntimeError(f"{_CHECKED_STEPS} steps replayed are off by {off:.2g} of what they change")
    except RuntimeError as error:
        torch.cuda.synchronize()
        warnings.warn(f"steps are launched one kernel at a time: no CUDA graph ({error})", stacklevel=2)
        replay = step
    rewind()
    return replay


def difference(values: Tensor, expected: Tensor, before: Tensor) -> float:
    """Return how far values are from those expected, as a share of how far these have moved; 1 where only one is finite.

    Runs that have diverged are no longer finite in either and are left out.
    """
    finite, wanted = values.isfinite(), expected.isfinite()
    if not torch.equal(finite, wanted):
        return 1.0
    both = finite & before.isfinite()
    off, moved = (values - expected)[both].double().norm(), (expected - before)[both].double().norm()
    return float(off / moved.clamp_min(1e-30))


def _captured(step: Step, batch: Batch) -> Step:
    static = Batch(batch.inputs.clone(), batch.labels.clone(), batch.weight.clone())
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):  # libraries are set up by their first call, which cannot be captured
        step(static)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step(static)

    def replay(batch: Batch) -> None:
        for fixed, values in zip(vars(static).values(), vars(batch).values(), strict=True):
            fixed.copy_(values)
        graph.replay()

    return replay
