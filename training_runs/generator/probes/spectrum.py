"""Spectra of matrices, shared by the probes of the embedding and of the representation."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor


def singular_values(matrix: Tensor) -> Tensor:
    """Return the singular values of matrices (n_runs, rows, columns), ascending, shape (n_runs, min(rows, columns)).

    From the eigenvalues of the smaller Gram matrix, which costs a fraction of an SVD; float64 makes up for the
    squaring. A run with a value that is not finite has NaN, where `torch.linalg` would fail for the whole stack.
    """
    wide = matrix.double()
    if wide.shape[1] > wide.shape[2]:
        wide = wide.mT
    gram = wide @ wide.mT
    finite = gram.isfinite().flatten(1).all(1)
    eigenvalues = _eigenvalues(torch.where(finite[:, None, None], gram, 0.0))
    values = eigenvalues.clamp_min(0).sqrt().to(matrix.dtype)
    return torch.where(finite[:, None], values, torch.nan)


def _eigenvalues(symmetric: Tensor) -> Tensor:
    """Return ascending eigenvalues; of a GPU's matrices on all cores, since it would take one after the other itself."""
    solve: Callable[[Tensor], Tensor] = torch.linalg.eigvalsh
    if symmetric.device.type == "cpu":
        return solve(symmetric)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(solve, torch.split(symmetric.cpu(), 1)))
    return torch.cat(parts).to(symmetric.device)


def entropy(values: Tensor) -> Tensor:
    """Return the Shannon entropy, in nats, of values >= 0 made to sum to one over the last dimension; NaN if all are 0."""
    terms: Tensor = torch.special.entr(values / values.sum(-1, keepdim=True))
    return terms.sum(-1)
