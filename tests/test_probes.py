"""Probes against closed forms and planted structure; each signal of a run in a stack equals that of the run alone."""

import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from training_runs.config import RunConfig
from training_runs.generator import probes
from training_runs.generator.measure import StackCheckpoint
from training_runs.generator.probes import (
    Checkpoint,
    activations,
    attention,
    embedding,
    fit,
    landscape,
    robustness,
    spectrum,
    weights,
)
from training_runs.generator.probes.registry import MEASURES, measures
from training_runs.generator.stack import Stack
from training_runs.signals import SIGNALS

P, D, H, N = (
    23,
    16,
    32,
    64,
)  # a small embedding-MLP: symbols, embedding width, hidden units, samples


@pytest.fixture(autouse=True)
def _no_grad():
    with torch.no_grad():
        yield


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, generator=generator(seed))


def network(n_runs=3, scale=1.0):
    """Random parameters of an embedding-MLP with sharp enough answers, each run different."""
    shapes = {
        "embedding": (P, D),
        "hidden_left": (D, H),
        "hidden_right": (D, H),
        "hidden_bias": (H,),
        "output_weight": (H, P),
        "output_bias": (P,),
    }
    return {name: scale * 0.4 * normal(n_runs, *s, seed=k) for k, (name, s) in enumerate(shapes.items())}


PAIRS = torch.randint(P, (N, 2), generator=generator(7))


def hidden(parameters):
    left = parameters["embedding"][:, PAIRS[:, 0]] @ parameters["hidden_left"]
    right = parameters["embedding"][:, PAIRS[:, 1]] @ parameters["hidden_right"]
    return (left + right + parameters["hidden_bias"][:, None]).relu()


def dropped(values, rate, generator):
    if rate == 0:
        return values
    return values * ((torch.rand(values.shape[1:], generator=generator) >= rate) / (1 - rate))


def logits_with(parameters, rate, generator):
    units = dropped(hidden(parameters), rate, generator)
    return units @ parameters["output_weight"] + parameters["output_bias"][:, None]


def logits_of(parameters):
    return logits_with(parameters, 0.0, generator())


def labels_of(n_runs):
    return PAIRS.sum(1).remainder(P).expand(n_runs, -1)


def answers(parameters):
    """Labels that the network gets right on three samples in four, so that there is accuracy to lose."""
    wrong = torch.arange(N) % 4 == 0
    return (logits_of(parameters).argmax(-1) + wrong) % P


def heads(n_runs=3, n_heads=4):
    return (3 * normal(n_runs, N, 2, n_heads, 3)).softmax(-1)


class EmbeddingMLPCheckpoint(probes.Checkpoint):
    """A small embedding-MLP with everything that a probe can read; the attention is another network's."""

    step = 0
    chance = 1 / P

    def __init__(self, parameters, maps):
        logits, self.labels = logits_of(parameters), answers(parameters)
        trains = (torch.arange(N) % 3 > 0).float().expand(len(self.labels), -1)
        self.parameters, self.attention = parameters, maps
        self.gradient = {name: value / 7 for name, value in parameters.items()}
        self.update = {name: value / 70 for name, value in parameters.items()}
        self.train_losses, self.train_hits = fit.losses(logits, self.labels), fit.hits(logits, self.labels)
        self.val_losses, self.val_hits = fit.squared_errors(logits, self.labels), self.train_hits
        self.train_weight = trains / trains.sum(1, keepdim=True)
        self.val_weight = (1 - trains) / (1 - trains).sum(1, keepdim=True)
        self.margins, self.margin_mask, self.train_logits = fit.margins(logits, self.labels), trains, logits
        self.hidden = self.representation = hidden(parameters)
        self.embedding = self.symbols = self.ordered_symbols = parameters["embedding"]
        self.logits_of, self.logits_with = logits_of, logits_with

    def loss_of(self, parameters):
        return fit.losses(logits_of(parameters), self.labels).mean(1)


def measured(parameters, maps):
    """Every signal of the vocabulary, by its name."""
    return EmbeddingMLPCheckpoint(parameters, maps).measured(SIGNALS)


# The network of these tests has no matrices of attention.
MEASURED = set(SIGNALS) - {"weight_norm_attention"}


def test_every_signal_has_one_probe_that_reads_what_the_generator_shows():
    probed = [name for measure in MEASURES for name in measure.signals]
    assert sorted(probed) == sorted(SIGNALS)
    stack = Stack([RunConfig(architecture="transformer", modulus=7, layers=1)], "cpu", None)
    shown = StackCheckpoint(stack, 1, stack.flat)
    for measure in MEASURES:
        for part in measure.reads:
            assert getattr(shown, part) is not None, part


@pytest.mark.parametrize(("name", "problem"), [("val_acc", "another probe"), ("sharpness", "no row")])
def test_a_probe_must_measure_a_row_that_no_other_probe_measures(name, problem):
    before = list(MEASURES)
    with pytest.raises(ValueError, match=f"{name}.*{problem}"):
        measures(name, reads=("parameters",))
    assert before == MEASURES


def test_a_run_in_a_stack_is_measured_as_alone():
    parameters, maps = network(), heads()
    together = measured(parameters, maps)
    assert set(together) == MEASURED
    for k in range(3):
        alone = measured({n: v[k : k + 1] for n, v in parameters.items()}, maps[k : k + 1])
        for name, value in alone.items():
            assert together[name].shape == (3,)
            assert together[name].dtype == torch.float32
            assert_close(together[name][k : k + 1], value, rtol=1e-4, atol=1e-6, msg=name)


def test_values_stay_in_the_range_of_the_vocabulary():
    for name, value in measured(network(), heads()).items():
        low, high = SIGNALS[name].range
        assert value.isfinite().all(), name
        assert low is None or (value >= low).all(), name
        assert high is None or (value <= high).all(), name


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_diverged_run_leaves_the_others_alone(bad):
    parameters, maps = network(), heads()
    healthy = measured(parameters, maps)
    for value in (*parameters.values(), maps):
        value[1] = bad
    spoilt = measured(parameters, maps)
    counts = {n for n, s in SIGNALS.items() if s.range[1] == 1.0}  # shares of a network that guesses
    for name, value in spoilt.items():
        assert_close(value[[0, 2]], healthy[name][[0, 2]], rtol=1e-4, atol=1e-6, msg=name)
        assert name in counts | {"dropout_acc_var"} or not value[1].isfinite(), name


# fit


def test_squared_error_against_the_one_hot_label():
    logits = torch.tensor([[[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]])
    errors = fit.squared_errors(logits, torch.zeros(1, 3, dtype=torch.int64))
    assert errors.tolist() == [[0.0, 0.25, 1.0]]


def test_margin_is_positive_where_the_answer_is_right():
    logits = torch.tensor([[[3.0, 1.0, 2.0], [1.0, 4.0, 9.0]]])
    assert fit.margins(logits, torch.tensor([[0, 1]])).tolist() == [[1.0, -5.0]]
    assert fit.logit_scale(-logits).tolist() == pytest.approx([20 / 6])


@pytest.mark.parametrize("q", [0.0, 0.1, 0.5, 0.77, 1.0])
def test_quantile_of_a_split_equals_torch(q):
    values = normal(4, 57)
    mask = (normal(4, 57, seed=1) > torch.tensor([[-9.0], [0.0], [1.0], [1.5]])).float()
    ours = fit.masked_quantile(values, mask, q)
    theirs = [torch.quantile(v[m > 0], q) for v, m in zip(values, mask, strict=True)]
    assert_close(ours, torch.stack(theirs))


def test_quantile_of_one_sample_and_of_none():
    values = torch.tensor([[5.0, 1.0], [5.0, 1.0], [math.nan, 1.0], [math.nan, 1.0]])
    mask = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    quantile = fit.masked_quantile(values, mask, 0.3).numpy()
    np.testing.assert_array_equal(quantile, [5.0, np.nan, np.nan, 1.0])


# weights


def test_weight_entropy_of_uniform_weights_has_the_closed_form():
    """Golechha, appendix B: m n (a/4 - a/2 log a) for U(-a, a)."""
    m, n = 400, 300
    for a in (math.sqrt(6 / (m + n)), 1.0, 3.0):
        w = a * (2 * torch.rand(1, m, n, generator=generator()) - 1)
        closed = m * n * (a / 4 - a / 2 * math.log(a))
        assert weights.weight_entropy({"hidden": w}).item() == pytest.approx(closed, rel=0.01)


def test_weight_entropy_counts_matrices_alone_and_no_zeros():
    ones = torch.ones(2, 3, 4)
    with_biases = {
        "hidden_weight": math.e * ones,
        "hidden_bias": 5 * torch.ones(2, 4),
        "hidden_bias_of_gates": 5 * ones,
        "output_weight": 0 * ones,
    }
    assert weights.weight_entropy(with_biases).tolist() == pytest.approx([-12 * math.e] * 2)


def test_moments_of_a_group_are_those_of_its_matrices():
    parameters = network()
    left, right = parameters["hidden_left"], parameters["hidden_right"]
    mean, std = weights.moments(weights.matrices(weights.of_group(parameters, "hidden")))
    for k in range(3):
        both = np.concatenate([left[k].numpy().ravel(), right[k].numpy().ravel()])
        assert mean[k].item() == pytest.approx(both.mean(), abs=1e-6)
        assert std[k].item() == pytest.approx(both.std(), rel=1e-5)


def test_a_group_without_weight_matrices_has_no_moments():
    parameters = {"hidden_weight": torch.ones(3, 4, 5), "output_bias": torch.ones(3, 5)}
    checkpoint = EmbeddingMLPCheckpoint(network(), heads())
    checkpoint.parameters = parameters
    assert set(checkpoint.measured({"weight_mean_hidden", "weight_mean_output"})) == {"weight_mean_hidden"}


# embedding


def embedding_with(similarity):
    """Unit vectors whose cosine similarity is as given."""
    return torch.linalg.cholesky(similarity.double()).float()[None]


def planted(codiagonal, p=53, spread=0.02):
    """Vectors whose similarity depends on the codiagonal alone."""
    level = spread * normal(p)
    level = level + level.flip(0).roll(1)  # as symmetric as i - j needs; harmless to i + j
    i = torch.arange(p)
    similarity = level[codiagonal(i[:, None], i) % p]
    return embedding_with(similarity.fill_diagonal_(1.0))


def test_cosine_structure_is_one_on_planted_codiagonals():
    for codiagonal in (torch.sub, torch.add):
        assert embedding.cos_structure(planted(codiagonal)).item() == pytest.approx(1, abs=1e-4)


def test_cosine_structure_is_one_on_a_circle_of_residues():
    angle = 2 * math.pi * 5 * torch.arange(53) / 53
    circle = torch.stack([angle.cos(), angle.sin()], 1)[None]
    assert embedding.cos_structure(circle).item() == pytest.approx(1, abs=1e-4)


def test_cosine_structure_is_about_zero_on_noise():
    for p in (53, 54):
        noise = embedding.cos_structure(normal(200, p, 64))
        assert (noise >= 0).all()
        assert noise.mean() < 0.01
        assert noise.max() < 0.05
    assert embedding.cos_structure(normal(200, 11, 64)).mean() < 0.1


@pytest.mark.parametrize("codiagonal", [torch.sub, torch.add])
def test_cosine_structure_equals_a_plain_sum_of_squares(codiagonal):
    for p in (11, 12):
        table = planted(codiagonal, p, spread=0.1) + 0.04 * normal(1, p, p, seed=1)
        unit = table[0] / table[0].norm(dim=1, keepdim=True)
        cosines = (unit @ unit.T).numpy()
        i, j = np.triu_indices(p, 1)
        values = cosines[i, j]
        shares = []
        for classes in (np.minimum((i - j) % p, (j - i) % p), (i + j) % p):
            residual = sum(
                ((values[classes == c] - values[classes == c].mean()) ** 2).sum() for c in np.unique(classes)
            )
            freedom = (len(values) - 1) / (len(values) - len(np.unique(classes)))
            shares.append(1 - freedom * residual / ((values - values.mean()) ** 2).sum())
        assert 0.2 < max(shares) < 0.98
        assert (shares[0] > shares[1]) == (codiagonal is torch.sub)
        assert embedding.cos_structure(table).item() == pytest.approx(max(shares), abs=1e-4)


def test_cosines_of_equal_and_of_orthogonal_vectors():
    equal, orthogonal = torch.ones(1, 7, 7), torch.eye(7)[None]
    both = torch.cat([3 * equal, orthogonal])
    assert_close(embedding.cos_mean(both), torch.tensor([1.0, 0.0]))
    assert_close(embedding.cos_std(both), torch.zeros(2), atol=1e-6, rtol=0)
    assert embedding.cos_structure(both).tolist() == [0.0, 0.0]


# Peaks at +-0.4 of width 0.1: the variances and fourth moments of the two parts combine to the inverse kurtosis.
TWO_PEAKS = (0.4**2 + 0.1**2) ** 2 / (0.4**4 + 6 * 0.4**2 * 0.1**2 + 3 * 0.1**4)


@pytest.mark.parametrize(
    ("values", "expected", "tolerance"),
    [
        (torch.linspace(-1, 1, 40_000), 5 / 9, 1e-3),
        (normal(40_000), 1 / 3, 0.01),
        (torch.tensor([-0.4, 0.4]).repeat(20_000), 1.0, 1e-4),
        (torch.tensor([-0.4, 0.4]).repeat(20_000) + 0.1 * normal(40_000), TWO_PEAKS, 0.01),
    ],
)
def test_bimodality_of_known_distributions(values, expected, tolerance):
    table = values.view(1, 200, 200)
    for moved in (table, 3 + 2 * table, -0.01 * table):
        assert embedding.bimodality(moved).item() == pytest.approx(expected, abs=tolerance)


def test_bimodality_of_equal_values_is_undefined():
    assert embedding.bimodality(torch.full((1, 53, 64), 0.3)).isnan().all()


def test_moments_of_embedding_values():
    table = 0.4 * torch.tensor([-1.0, 1.0]).repeat(1, 5, 4) + 2
    assert embedding.mean(table).item() == pytest.approx(2)
    assert embedding.std(table).item() == pytest.approx(0.4)


def test_effective_rank_of_known_spectra():
    rotation, other = (torch.linalg.qr(normal(30, 30, seed=s)).Q for s in (0, 1))
    spectra = torch.zeros(3, 30)
    spectra[0] = 2.0
    spectra[1, :4] = 1.0
    spectra[2, :2] = torch.tensor([3.0, 1.0])
    table = rotation @ spectra.diag_embed() @ other
    mixed = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert_close(embedding.effective_rank(table), torch.tensor([30, 4, mixed]), rtol=1e-3, atol=0)
    assert embedding.effective_rank(torch.zeros(1, 5, 3)).isnan().all()


def test_singular_values_equal_those_of_torch():
    for shape in ((2, 9, 5), (2, 5, 9)):
        matrix = normal(*shape)
        assert_close(spectrum.singular_values(matrix).flip(1), torch.linalg.svdvals(matrix))


def test_fourier_gini_of_one_frequency_and_of_a_flat_spectrum():
    p = 53
    angle = 2 * math.pi * 7 * torch.arange(p) / p
    single = torch.stack([angle.cos(), angle.sin()], 1) + 5  # a constant is no frequency
    flat = torch.eye(p)  # an impulse in each column has equal power everywhere
    assert embedding.fourier_gini(single[None]).item() == pytest.approx(1 - 1 / 26, abs=1e-4)
    assert embedding.fourier_gini(flat[None]).item() == pytest.approx(0, abs=1e-4)
    assert embedding.fourier_gini(normal(1, p, 64)).item() < 0.15


# activations


def test_inactive_dead_and_sparse_units():
    units = torch.tensor([[[0.0, 0.0, 0.05, 2.0], [0.0, 1.0, 3.0, 0.0]]])
    assert activations.inactive_frac(units).item() == pytest.approx(4 / 8)
    assert activations.dead_frac(units).item() == pytest.approx(1 / 4)
    assert activations.activation_sparsity(units, 0.1).item() == pytest.approx(5 / 8)
    assert activations.activation_sparsity(units, 2.5).item() == pytest.approx(7 / 8)


def test_states_of_either_sign_are_sparse_by_their_size():
    states = torch.tensor([[[-0.5, 0.05], [0.2, -0.01]]])
    checkpoint = Checkpoint()
    checkpoint.states, checkpoint.hidden = states, None
    assert checkpoint.measured(["activation_sparsity", "inactive_frac"])["activation_sparsity"].item() == 0.5
    assert "inactive_frac" not in checkpoint.measured(["activation_sparsity", "inactive_frac"])


def test_representation_entropy_is_one_when_spread_and_zero_on_a_line():
    spread = torch.cat([torch.eye(8), -torch.eye(8)])  # equal variance in all 8 directions
    line = torch.arange(16.0)[:, None] * torch.ones(8) + 3
    plane = spread * (torch.arange(8) < 2)
    entropies = activations.representation_entropy(torch.stack([spread, line, plane]))
    assert_close(entropies, torch.tensor([1.0, 0.0, math.log(2) / math.log(8)]), atol=1e-5, rtol=0)


def test_representation_entropy_reaches_one_with_few_samples():
    """Five samples span four directions at most, however many units there are."""
    assert activations.representation_entropy(torch.eye(5, 40)[None]).item() == pytest.approx(1)


# attention


def test_attention_of_equal_heads():
    equal = heads(n_heads=1).repeat(1, 1, 1, 4, 1)[:, :, :1]
    assert_close(attention.attention_similarity(equal), torch.ones(3))
    assert_close(attention.attention_entropy_std(equal), torch.zeros(3), atol=1e-6, rtol=0)
    assert attention.attention_similarity(equal[:, :, :, :1]).isnan().all()


def test_attention_of_a_sharp_and_a_uniform_head():
    sharp, uniform = torch.eye(4)[0], torch.full((4,), 0.25)
    maps = torch.stack([sharp, uniform]).expand(1, N, 1, 2, 4)
    assert attention.attention_entropy_std(maps).item() == pytest.approx(math.log(4) / 2)
    assert attention.attention_similarity(maps).item() == pytest.approx(0.5)
    apart = torch.eye(4)[:2].expand(1, N, 1, 2, 4)
    assert attention.attention_similarity(apart).item() == pytest.approx(0, abs=1e-6)


def test_attention_may_have_several_reading_positions():
    """Pairs of heads one by one, on weights (runs, samples, layers, heads, positions, tokens)."""
    maps = normal(2, N, 2, 3, 4, 5).softmax(-1)
    patterns = maps.permute(0, 2, 3, 1, 4, 5).reshape(2, 6, -1)
    for k in range(2):
        unit = patterns[k] / patterns[k].norm(dim=1, keepdim=True)
        cosines = unit @ unit.T
        expected = (cosines.sum() - 6) / 30
        assert attention.attention_similarity(maps)[k].item() == pytest.approx(expected.item())


# robustness


def two_units(parameters, rate, generator):
    """One logit that is the sum of two units against a fixed 1: right where the sum that is left is above 1."""
    units = dropped(parameters["units"][:, None].expand(-1, N, -1), rate, generator)
    return torch.stack([units.sum(-1), torch.ones(len(units), N)], -1)


def test_dropout_variance_has_the_closed_form_of_a_binomial():
    """A sample is right with probability 0.7 (one unit must stay) or 0.49 (two): variance p (1 - p) / n."""
    parameters = {"units": torch.tensor([[1.2, 0.0], [0.6, 0.6]])}
    labels = torch.zeros(2, N, dtype=torch.int64)
    mean, variance = robustness.dropout_accuracy(two_units, parameters, labels, generator(), rate=0.3, passes=3000)
    p = torch.tensor([0.7, 0.49])
    assert_close(mean, p, atol=0.006, rtol=0)
    assert_close(variance, p * (1 - p) / N, atol=0, rtol=0.12)


def test_dropout_accuracy_without_dropout_does_not_vary():
    parameters = network()
    labels = answers(parameters)
    mean, variance = robustness.dropout_accuracy(logits_with, parameters, labels, generator(), rate=0.0)
    assert mean.tolist() == [0.75] * 3
    assert variance.tolist() == [0.0] * 3


def test_robustness_curve_falls_as_the_closed_form():
    """One unit that must stay: accuracy 1 - rate, and with equal draws at all rates it never rises."""
    parameters = {"units": torch.tensor([[1.2, 0.0]])}
    labels = torch.zeros(1, N, dtype=torch.int64)
    curve = robustness.robustness_curve(two_units, parameters, labels, generator(), passes=200)
    rates = torch.tensor(robustness.RATES)
    assert_close(curve, 1 - rates[None], atol=0.02, rtol=0)
    single = robustness.robustness_curve(two_units, parameters, labels, generator())
    assert (single.diff(dim=1) <= 0).all()
    same = robustness.robustness_curve(two_units, parameters, labels, generator(), rates=[0.5] * 5)
    assert same.unique().numel() == 1
    assert robustness.drc_auc(curve).item() == pytest.approx(0.55, abs=0.02)
    assert robustness.drc_half(curve).item() == pytest.approx(0.5, abs=0.03)


def test_area_and_half_of_drawn_curves():
    rates = torch.tensor(robustness.RATES)
    step = (rates < 0.45).float()
    curves = torch.stack([torch.ones(10), step, 0.02 * torch.ones(10), 0.5 - rates / 2, step + 0.0])
    curves[4, 7:] = 1.0  # recovers: the first loss counts
    half = robustness.drc_half(curves, chance=0.0).numpy()
    np.testing.assert_allclose(half, [0.9, 0.45, np.nan, 0.5, 0.45], atol=1e-6)
    area = robustness.drc_auc(curves)
    assert_close(area[:4], torch.tensor([1.0, 0.5, 0.02, 0.275]), atol=1e-5, rtol=0)


def test_half_is_of_what_lies_above_chance():
    rates = torch.tensor(robustness.RATES)
    two_classes = (0.5 + 0.4 * (1 - rates))[None]
    assert robustness.drc_half(two_classes, chance=0.5).item() == pytest.approx(0.5)
    assert robustness.drc_half(two_classes).item() == pytest.approx(0.9)  # never below 0.45
    assert robustness.drc_half(two_classes - 0.38, chance=0.5).isnan().all()  # 0.52: a guess


def test_circuit_complexity_is_zero_with_nothing_zeroed():
    parameters = network(scale=3.0)
    none = robustness.circuit_complexity(logits_of, parameters, generator(), fraction=0.0)
    assert none.tolist() == [0.0] * 3
    tenth = robustness.circuit_complexity(logits_of, parameters, generator())
    half = robustness.circuit_complexity(logits_of, parameters, generator(), fraction=0.5)
    assert (tenth > 0).all()
    assert (half > tenth).all()


def test_circuit_complexity_with_every_weight_zeroed_is_the_divergence_from_the_biases():
    parameters = network()
    p = logits_of(parameters).softmax(-1)
    q = parameters["output_bias"].softmax(-1)[:, None]
    closed = (p * (p / q).log()).sum(-1).mean(1)
    everything = robustness.circuit_complexity(logits_of, parameters, generator(), fraction=1.0)
    assert_close(everything, closed, rtol=1e-4, atol=1e-6)


def test_circuit_complexity_of_one_weight_has_the_closed_form():
    """Logits (w, 0): with probability 0.1 the weight is gone, and P' is even."""
    parameters = {"output": torch.tensor([1.0, 3.0])[:, None, None]}

    def two_classes(q):
        return torch.cat([q["output"], torch.zeros(2, 1, 1)], -1)

    p = torch.tensor([1.0, 3.0]).sigmoid()
    gone = p * (2 * p).log() + (1 - p) * (2 * (1 - p)).log()
    ours = robustness.circuit_complexity(two_classes, parameters, generator(), masks=4000)
    assert_close(ours, 0.1 * gone, rtol=0.15, atol=0)


def test_masks_come_from_the_generator():
    parameters = network()
    a, b, c = (robustness.circuit_complexity(logits_of, parameters, generator(s)) for s in (0, 0, 1))
    assert a.tolist() == b.tolist()
    assert a.tolist() != c.tolist()


# landscape

# One weight of 1: its filter-normalised line runs from 0.5 to 1.5, whatever is drawn.
POINT = {"hidden": torch.ones(1, 1, 1), "hidden_bias": torch.ones(1, 1)}


def ruggedness_of(height):
    """Ruggedness of a landscape with log(1 + loss) = height(w)."""
    return landscape.ruggedness(lambda q: height(q["hidden"][:, 0, 0]).expm1(), POINT, generator()).item()


def test_ruggedness_is_zero_on_a_flat_and_the_range_on_a_slope():
    assert ruggedness_of(lambda w: 0 * w + 3) == 0
    assert ruggedness_of(lambda w: 2 * w) == pytest.approx(2.0, rel=1e-5)


def test_ruggedness_is_larger_on_an_oscillating_loss_of_the_same_range():
    bowl = ruggedness_of(lambda w: 4 * (w - 1).square())
    waves = ruggedness_of(lambda w: 0.5 + 0.5 * torch.cos(10 * math.pi * w))
    assert bowl == pytest.approx(2.0, rel=1e-5)  # down by 1, up by 1
    assert waves == pytest.approx(10.0, rel=1e-4)  # ten times up or down by 1


def test_directions_have_the_length_of_each_filter_and_leave_biases():
    parameters = network()
    direction = landscape.filter_normalized(parameters, generator())
    assert set(direction) == {"embedding", "hidden_left", "hidden_right", "output_weight"}
    for name, step in direction.items():
        assert_close(step.norm(dim=-2), parameters[name].norm(dim=-2))
