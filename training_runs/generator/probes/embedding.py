"""What an embedding has learnt. An embedding is (n_runs, p, d): p symbols, each a vector of d values.

Leave out the rows of symbols that are not residues (an operator, an equals sign) before calling.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from training_runs.generator.probes.registry import measures
from training_runs.generator.probes.spectrum import entropy, singular_values


@measures("embedding_mean", reads=("embedding",))
def mean(embedding: Tensor) -> Tensor:
    """Return the mean of the embedding values; Salah & Yevick 3.3, figures 6 and 8."""
    return embedding.flatten(1).mean(1)


@measures("embedding_std", reads=("embedding",))
def std(embedding: Tensor) -> Tensor:
    """Return the standard deviation of the embedding values; Salah & Yevick 3.3, figures 6 and 8."""
    return embedding.flatten(1).std(1, correction=0)


@measures("embedding_bimodality", reads=("symbols",))
def bimodality(embedding: Tensor) -> Tensor:
    """Return Sarle's bimodality coefficient of the embedding values, (skewness^2 + 1) / kurtosis.

    1/3 for a normal distribution, 5/9 for a uniform one, 1 for two points: it rises when the two peaks of Salah &
    Yevick 3.2, figure 4a, appear. NaN where all values are equal. Strong skew raises it too.
    """
    values = embedding.flatten(1)
    centre = values.mean(1, keepdim=True)
    deviation = values - centre
    variance = deviation.square().mean(1)
    scaled = deviation / variance.sqrt()[:, None]
    coefficient = (scaled.pow(3).mean(1).square() + 1) / scaled.pow(4).mean(1)
    constant = variance <= (1e-6 * centre[:, 0]).square()  # nothing but rounding is left
    return coefficient.masked_fill(constant, torch.nan)


@measures("embedding_cos_mean", reads=("symbols",))
def cos_mean(embedding: Tensor) -> Tensor:
    """Return the mean cosine similarity of two different embedding vectors; Salah & Yevick 3.2, equation 2."""
    return _pair_cosines(embedding).mean(1)


@measures("embedding_cos_std", reads=("symbols",))
def cos_std(embedding: Tensor) -> Tensor:
    """Return the standard deviation of the cosine similarity over pairs of different vectors; Salah & Yevick 3.2."""
    return _pair_cosines(embedding).std(1, correction=0)


@measures("embedding_cos_structure", reads=("ordered_symbols",))
def cos_structure(embedding: Tensor) -> Tensor:
    """Return the share of the variance of the cosine similarities that the means of their codiagonals explain.

    The bands of Salah & Yevick 3.2, figure 3: codiagonals are the pairs of equal i - j, or of equal i + j, modulo p,
    and the better of the two counts. An adjusted R^2, 0 at the least: it allows for the number of codiagonals, so
    that unstructured vectors give about 0 (up to about 0.1 for p near 11) and a circulant similarity gives 1. It is
    0 if all similarities are equal. Residues are in their natural order, as addition and subtraction use them;
    multiplication orders them otherwise.
    """
    p = embedding.shape[1]
    cosines = _cosines(embedding)
    off_diagonal = 1 - torch.eye(p, device=embedding.device)
    deviation = (cosines - cos_mean(embedding)[:, None, None]) * off_diagonal
    total = deviation.square().sum((1, 2))
    i = torch.arange(p, device=embedding.device)
    by_difference = (i[:, None] + i) % p  # the column of codiagonal k in row i
    by_sum = (i - i[:, None]) % p
    # Similarity is symmetric, so each pair counts once, and i - j and j - i are one codiagonal.
    n_pairs = p * (p - 1) // 2
    best = torch.zeros_like(total)
    for columns, n_codiagonals in ((by_difference, p // 2), (by_sum, p)):
        lengths = (columns != i[:, None]).sum(0).clamp_min(1)  # without the diagonal of ones
        sums = deviation[:, i[:, None], columns].sum(1)
        unexplained = 1 - (sums.square() / lengths).sum(1) / total
        adjusted = 1 - unexplained * (n_pairs - 1) / max(n_pairs - n_codiagonals, 1)
        best = torch.maximum(best, adjusted)
    constant = total <= 1e-10 * n_pairs  # nothing but rounding is left
    return best.masked_fill(constant, 0.0)


@measures("embedding_effective_rank", reads=("symbols",))
def effective_rank(embedding: Tensor) -> Tensor:
    """Return the exponential of the entropy of the singular values made to sum to one, from 1 to min(p, d).

    Roy & Vetterli, EUSIPCO 2007; as a sign of grokking, arXiv 2604.13123. NaN for an embedding of zeros.
    """
    return entropy(singular_values(embedding)).exp()


@measures("embedding_fourier_gini", reads=("ordered_symbols",))
def fourier_gini(embedding: Tensor) -> Tensor:
    """Return the Gini coefficient of the embedding's power over the frequencies 1 to p // 2.

    The Fourier transform runs along the symbols, in natural order; power is summed over the d values. 0 if all K
    frequencies have equal power, 1 - 1/K if one has it all; Nanda et al., arXiv 2301.05217, section 5.
    """
    spectrum: Tensor = torch.fft.rfft(embedding, dim=1)[:, 1:]  # without the mean
    power = spectrum.abs().square().sum(2).sort(1).values  # (n_runs, K), ascending
    n = power.shape[1]
    weights = 2 * torch.arange(1, n + 1, device=power.device) - n - 1
    return (power * weights).sum(1) / (n * power.sum(1))


def _cosines(embedding: Tensor) -> Tensor:
    """Return the cosine similarity of all pairs of embedding vectors, shape (n_runs, p, p); of a zero vector 0."""
    unit = F.normalize(embedding, dim=2)
    return unit @ unit.mT


def _pair_cosines(embedding: Tensor) -> Tensor:
    """Return the similarities of the p (p - 1) / 2 pairs i < j."""
    p = embedding.shape[1]
    i, j = torch.triu_indices(p, p, 1, device=embedding.device)
    return _cosines(embedding)[:, i, j]
