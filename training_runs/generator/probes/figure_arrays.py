"""What the papers' figures of one run are drawn from: curves, histograms and matrices instead of numbers. Stored seldom."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from training_runs.generator.probes.checkpoint import Checkpoint, Parameters
from training_runs.generator.probes.landscape import RADIUS, LossOf, filter_normalized
from training_runs.generator.probes.weights import matrices

BINS = 81  # odd: the middle one is at 0
_GRID = 15  # points along each direction of the contour
_DIGITS = 4  # significant: pictures show no more


def figure_arrays(checkpoint: Checkpoint) -> list[dict[str, Any]]:
    """Return for each run of a stack those of these that its network has.

    `robustness_curve` : validation accuracy by dropout rate (Salah & Yevick 3.1, figure 2).
    `cosine_matrix` : similarity of each two symbols' embeddings (3.2, figure 3).
    `embedding`, `hidden`, `output` : histogram of the values of the table and of a layer group's weight matrices (3.2,
        figure 4): `counts` in equal bins from -`limit` to `limit`.
    `contour` : loss at points of a plane of two random filter-normalised directions (Li & Sakib 3.3, figure 5): a
        square from -`radius` to `radius` of each filter's length.
    """
    whole: dict[str, Tensor] = {}
    if checkpoint.robustness_curve is not None:
        whole["robustness_curve"] = checkpoint.robustness_curve
    symbols = getattr(checkpoint, "symbols", None)
    if symbols is not None:
        unit = F.normalize(symbols, dim=-1)
        whole["cosine_matrix"] = unit @ unit.mT
    loss_of = getattr(checkpoint, "loss_of", None)
    if loss_of is not None:
        whole["contour"] = contour(loss_of, checkpoint.parameters, checkpoint.directions)
    groups = {
        "embedding": getattr(checkpoint, "embedding", None),
        "hidden": _values(checkpoint.hidden_parameters),
        "output": _values(checkpoint.output_parameters),
    }
    n_runs = len(next(iter(checkpoint.parameters.values())))
    return [
        {name: _rounded(values[k]) for name, values in whole.items()}
        | {name: histogram(values[k]) for name, values in groups.items() if values is not None}
        for k in range(n_runs)
    ]


def contour(loss_of: LossOf, parameters: Parameters, generator: torch.Generator, radius: float = RADIUS) -> Tensor:
    """Return the loss over a plane through the parameters, (n_runs, n, n): the first direction in rows."""
    one, other = (filter_normalized(parameters, generator) for _ in range(2))
    at = torch.linspace(-radius, radius, _GRID).tolist()
    rows = []
    for a in at:
        moved = ({**parameters, **{n: parameters[n] + a * one[n] + b * other[n] for n in one}} for b in at)
        rows.append(torch.stack([loss_of(some) for some in moved], 1))
    return torch.stack(rows, 1)


def histogram(values: Tensor) -> dict[str, Any]:
    """Return counts of the values of one run in equal bins about 0."""
    limit = max(float(values.abs().max()), 1e-12)
    counts = torch.histc(values.float(), BINS, -limit, limit)
    return {"limit": limit, "counts": counts.int().tolist()}


def _values(parameters: Parameters | None) -> Tensor | None:
    found = matrices(parameters or {})
    return torch.cat([value.flatten(1) for value in found.values()], 1) if found else None


def _rounded(values: Tensor) -> Any:
    def rounded(value: Any) -> Any:
        return [rounded(v) for v in value] if isinstance(value, list) else float(f"{value:.{_DIGITS}g}")

    return rounded(values.tolist())
