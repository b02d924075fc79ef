"""How the network answers with a part of it switched off: units by dropout, or weights.

Every run of a stack brings the same number of samples (a run that has fewer repeats some). Seed the generator from
the step and not from what was drawn before, so that a run sees the same masks at the same step in any stack.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from training_runs.generator.probes.fit import hits
from training_runs.generator.probes.registry import measures
from training_runs.generator.probes.weights import matrices

# Parameters, dropout rate and generator -> logits (n_runs, n_samples, n_classes). One mask serves all runs of the stack:
# uniform draws of the shape of one run's activations, which drop where they are below the rate.
LogitsWith = Callable[[dict[str, Tensor], float, torch.Generator], Tensor]
LogitsOf = Callable[[dict[str, Tensor]], Tensor]

DROPOUT = 0.3  # Salah & Yevick 3.1, figure 1
PASSES = 8  # the paper has 100; at 8 the variance is known to about half its value, at a twelfth of the cost
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # Salah & Yevick 3.1, figure 2
# Accuracy must exceed chance by this much before halving it means anything: about 3 standard errors on 256 samples.
LEAST_ABOVE_CHANCE = 0.05


@measures("dropout_acc_mean", "dropout_acc_var", reads=("logits_with", "parameters", "labels", "masks", "passes"))
def dropout_accuracy(
    logits_with: LogitsWith,
    parameters: dict[str, Tensor],
    labels: Tensor,
    generator: torch.Generator,
    passes: int = PASSES,
    rate: float = DROPOUT,
) -> tuple[Tensor, Tensor]:
    """Return mean and variance of the accuracy over stochastic passes, weights held, each of shape (n_runs,).

    Labels are (n_runs, n_samples). The variance is the unbiased one, so that its level does not depend on `passes`; it
    falls as 1 / n_samples, for masks are drawn per sample. Salah & Yevick 3.1, figure 1.
    """
    accuracies = _accuracies(logits_with, parameters, labels, generator, rate, passes)
    return accuracies.mean(0), accuracies.var(0)


def robustness_curve(
    logits_with: LogitsWith,
    parameters: dict[str, Tensor],
    labels: Tensor,
    generator: torch.Generator,
    rates: Sequence[float] = RATES,
    passes: int = 1,
) -> Tensor:
    """Return the accuracy at each dropout rate, mean over passes, shape (n_runs, n_rates).

    Salah & Yevick 3.1, figure 2. All rates use the same draws, so that the curve bends because of the rate and not of
    chance, and one pass per rate is enough.
    """
    draws = generator.get_state()
    curve = []
    for rate in rates:
        generator.set_state(draws)
        times = passes if rate > 0 else 1  # nothing is random at 0
        accuracies = _accuracies(logits_with, parameters, labels, generator, rate, times)
        curve.append(accuracies.mean(0))
    return torch.stack(curve, 1)


@measures("drc_auc", reads=("robustness_curve",))
def drc_auc(curve: Tensor, rates: Sequence[float] = RATES) -> Tensor:
    """Return the area under the robustness curve (trapezoids) divided by the span of the rates, from 0 to 1."""
    at = torch.tensor(rates, device=curve.device)
    return torch.trapezoid(curve, at, dim=1) / (at[-1] - at[0])


@measures("drc_half", reads=("robustness_curve", "chance"))
def drc_half(curve: Tensor, chance: float = 0.0, rates: Sequence[float] = RATES) -> Tensor:
    """Return the first rate at which the accuracy has lost half of what it has above chance at rate 0.

    Linear between the rates of the curve. The last rate (0.9) if it never does: the truth is that or more. NaN where
    the accuracy at rate 0 is not at least 0.05 above chance, for a network that only guesses has nothing to lose.
    With chance 0 it is the halving of the accuracy itself, which two balanced classes cannot show. Salah & Yevick 3.1.
    """
    at = torch.tensor(rates, device=curve.device)
    above = curve - chance
    start = above[:, :1]
    excess = above - start / 2  # positive until half is lost
    crossed = (excess[:, :-1] > 0) & (excess[:, 1:] <= 0)
    k = crossed.int().argmax(1, keepdim=True)  # the first crossing
    left, right = excess.gather(1, k), excess.gather(1, k + 1)
    rate = at[k] + (at[k + 1] - at[k]) * left / (left - right)
    half = torch.where(crossed.any(1, keepdim=True), rate, at[-1])
    return half.masked_fill(~(start >= LEAST_ABOVE_CHANCE), torch.nan).squeeze(1)


@measures("circuit_complexity", reads=("logits_of", "parameters", "masks", "passes"))
def circuit_complexity(
    logits_of: LogitsOf,
    parameters: dict[str, Tensor],
    generator: torch.Generator,
    masks: int = PASSES,
    fraction: float = 0.1,
) -> Tensor:
    """Return KL(P || P') per sample in nats, P' with a random share of each weight matrix zeroed, mean over masks.

    Each weight is zeroed with probability `fraction`, independently; biases are kept. P is the softmax of the logits,
    whatever loss the network is trained with. Golechha 4.3, who sums over samples: here it is the mean.
    """
    reference = logits_of(parameters).log_softmax(-1)
    divergences = []
    for _ in range(masks):
        thinned = {name: _zeroed(value, fraction, generator) for name, value in matrices(parameters).items()}
        changed = logits_of({**parameters, **thinned}).log_softmax(-1)
        divergences.append((reference.exp() * (reference - changed)).sum(-1).mean(1))
    return torch.stack(divergences).mean(0)


def _accuracies(
    logits_with: LogitsWith,
    parameters: dict[str, Tensor],
    labels: Tensor,
    generator: torch.Generator,
    rate: float,
    passes: int,
) -> Tensor:
    """Return the accuracy of each pass, shape (passes, n_runs)."""
    return torch.stack([hits(logits_with(parameters, rate, generator), labels).mean(1) for _ in range(passes)])


def _zeroed(values: Tensor, fraction: float, generator: torch.Generator) -> Tensor:
    draws = torch.rand(values.shape[1:], generator=generator, device=generator.device)
    return values * (draws >= fraction).to(values)
