import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from features.curves import roughness, window_means
from features.extract import FEATURES, extract
from features.landmarks import landmarks, rise_of
from features.phase import phase_of
from features.table import TARGETS, FeatureTable, _rng, table_at, training_table
from training_runs import Context, Trajectory
from training_runs.onset import generalization, memorization
from training_runs.signals import SIGNALS
from training_runs.synthetic import synthetic_run, synthetic_trajectory

CONTEXT = Context(chance_accuracy=0.02, learning_rate=1e-3, weight_decay=1.0, train_size=500, parameters=20_000)
NAMES = list(FEATURES)


def features(trajectory, context=CONTEXT):
    return dict(zip(NAMES, extract(trajectory, context), strict=True))


def test_window_means_are_exact_on_straight_lines():
    x = np.array([-1.0, -0.7, -0.2, 0.0])
    edges = -np.array([0.0, 0.1, 0.3, 0.6, 1.0])
    curves = np.stack([2 * x + 1, np.ones(4)])
    means = window_means(x, curves, edges)
    centres = (edges[:-1] + edges[1:]) / 2
    # Straight within a segment; a window over a corner of the cumulative area is off by its curvature only.
    np.testing.assert_allclose(means[1], 1.0)
    np.testing.assert_allclose(means[0], 2 * centres + 1, atol=0.2)


def test_windows_outside_the_history_are_missing():
    means = window_means(np.array([-0.2, 0.0]), np.ones((1, 2)), -np.array([0, 0.1, 0.3, 0.6, 1.0]))
    assert np.isnan(means[0]).tolist() == [False, False, True, True]


def test_roughness_is_the_standard_deviation_around_the_trend():
    x = np.linspace(-0.6, 0, 400)
    wave = 0.3 * np.sin(200 * x)
    assert roughness(x, (2 * x + wave)[None])[0] == pytest.approx(0.3 / np.sqrt(2), rel=0.05)


def test_features_say_what_they_say():
    f = features(synthetic_trajectory(memorized=100, onset=10_000).prefix(1000))
    assert f["memorized"] == 1
    assert f["memorization_age"] == pytest.approx(1.0, abs=0.1)
    assert f["training_clock"] == pytest.approx(np.log10(1e-3 * 1000), abs=0.02)
    assert f["decay_clock"] == f["training_clock"]
    # The synthetic norm falls as exp(-pace * decades), pace = 0.4 / log10(onset / memorised).
    assert f["weight_norm_slope"] == pytest.approx(-0.2 / np.log(10), rel=0.05)
    # Decay alone would make it fall by learning rate x weight decay x steps, 1, for each decade.
    assert f["free_decay_share"] == pytest.approx(0.2 / np.log(10), rel=0.05)
    assert f["samples_per_parameter"] == pytest.approx(np.log10(500 / 20_000))


_INVERSE = np.array([0, 1, 4, 5, 2, 3, 6])  # modulo 7


@pytest.mark.parametrize(
    ("operation", "value"),
    [
        ("add", lambda x, y: x + y),
        ("subtraction", lambda x, y: x - y),
        ("x * y", lambda x, y: x * y),
        ("div", lambda x, y: x * _INVERSE[y]),
        ("x**2 + y**2", lambda x, y: x**2 + y**2),
        ("x2_xy_y2", lambda x, y: x**2 + x * y + y**2),
        ("x3_plus_xy", lambda x, y: x**3 + x * y),
    ],
)
def test_what_is_said_of_an_operation_is_true_of_its_table(operation, value):
    """Of a sum g(x) + h(y): from x1 y2 = x2 y1, x1 y4 = x2 y3 and x3 y2 = x4 y1 follows x3 y4 = x4 y3 (Reidemeister)."""
    table = value(*np.indices((7, 7))[:, 1:, 1:]) % 7  # nothing is divided by 0
    alike = table[:, None, :, None] == table[None, :, None, :]  # x1, x2, y2, y1: x1 y2 = x2 y1
    told_by = np.einsum("abji,ablk,cdji->cdlk", *3 * [alike.astype(int)])  # x3, x4, y4, y3
    told = features(synthetic_trajectory().prefix(1000), Context(operation=operation))
    assert told["separable"] == (not ((told_by > 0) & ~alike).any())
    assert told["symmetric"] == (table == table.T).all()


def test_of_an_operation_that_is_not_known_nothing_is_said():
    for operation in (None, "s5"):
        told = features(synthetic_trajectory().prefix(1000), Context(operation=operation))
        assert np.isnan([told["separable"], told["symmetric"]]).all()


def test_what_follows_from_the_context_need_not_be_told():
    told = Context(task_family="modular", modulus=97, train_fraction=0.3)
    f = features(synthetic_trajectory(memorized=100).prefix(1000), told)
    assert f["train_size"] == pytest.approx(np.log10(0.3 * 97**2), abs=1e-3)
    assert f["samples_per_class"] == pytest.approx(np.log10(0.3 * 97), abs=1e-3)
    assert f["samples_over_critical"] == pytest.approx(np.log10(0.3 * 97**0.5), abs=1e-3)
    assert f["chance"] == pytest.approx(-np.log10(97))
    other = Context(task_family="parity", modulus=97, train_fraction=0.3)
    assert np.isnan(features(synthetic_trajectory().prefix(1000), other)["train_size"])


def test_without_a_chance_accuracy_the_first_checkpoint_tells_what_guessing_costs():
    history = synthetic_trajectory(memorized=100, onset=10_000).prefix(1000)
    told, seen = (features(history, c) for c in (Context(chance_accuracy=0.02), Context()))
    assert seen["val_loss_over_chance"] == pytest.approx(told["val_loss_over_chance"], abs=0.02)
    losses = features(history.only({"train_loss", "val_loss"}), Context())
    assert np.isnan(losses["val_loss_over_chance"])


def test_optimisers_have_other_names_elsewhere():
    context = Context(optimizer="SGD_with_Nesterov_momentum")
    f = features(synthetic_trajectory().prefix(1000), context)
    assert (f["plain_gradient"], f["decoupled_decay"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("architecture", "attention", "recurrent"),
    [
        ("transformer", 1, 0),
        ("Decoder-only Transformer", 1, 0),
        ("vit_small", 1, 0),
        ("lstm", 0, 1),
        ("BiLSTM", 0, 1),
        ("gru", 0, 1),
        ("embedding_mlp", 0, 0),
        ("cnn", 0, 0),
        (None, np.nan, np.nan),
    ],
)
def test_a_network_is_known_by_its_kind(architecture, attention, recurrent):
    f = features(synthetic_trajectory().prefix(1000), Context(architecture=architecture))
    assert [f["attention"], f["recurrent"]] == pytest.approx([attention, recurrent], nan_ok=True)


@given(
    landmark=st.integers(30, 15_000),
    seed=st.integers(0, 50),
    scale=st.floats(0.1, 10),
)
@settings(max_examples=60, deadline=None)
def test_no_feature_sees_past_its_landmark(landmark, seed, scale):
    """Anything may happen after the landmark: more steps, other values, another length."""
    whole = synthetic_trajectory(noise=0.1, seed=seed)
    rng = np.random.default_rng(seed)
    later = whole.steps > landmark
    changed = {n: np.where(later, np.clip(rng.random(len(v)), 0, 1) * scale / 10, v) for n, v in whole.signals.items()}
    other = Trajectory(np.append(whole.steps, 10**6), {n: [*v, 0.5] for n, v in changed.items()})
    np.testing.assert_array_equal(extract(whole.prefix(landmark), CONTEXT), extract(other.prefix(landmark), CONTEXT))


def test_rows_of_a_table_do_not_see_past_their_landmark():
    run = synthetic_run(synthetic_trajectory(noise=0.1), "a", 20_000)
    whole = table_at([run], lambda r: [300])
    cut = synthetic_run(run.trajectory.prefix(400), "a", 20_000)
    np.testing.assert_array_equal(whole.features, table_at([cut], lambda r: [300]).features)


@pytest.mark.parametrize("factor", [3, 10, 77])
def test_stretching_time_and_slowing_the_learning_rate_changes_features_in_absolute_steps_alone(factor):
    history = synthetic_trajectory(noise=0.1).prefix(2000)
    slow = Trajectory(history.steps * factor, dict(history.signals))
    slower = Context(**{**CONTEXT.as_dict(), "learning_rate": 1e-3 / factor})
    stretched, as_it_was = features(slow, slower), features(history, CONTEXT)
    absolute = {"step", "half_fit_step"}
    for name in absolute:
        assert stretched.pop(name) == pytest.approx(as_it_was.pop(name) + np.log10(factor))
    assert stretched == pytest.approx(as_it_was, abs=1e-9, nan_ok=True)


def test_dense_and_sparse_recordings_of_one_run_say_nearly_the_same():
    dense = features(synthetic_trajectory(evals_per_decade=100).prefix(1000))
    sparse = features(synthetic_trajectory(evals_per_decade=15).prefix(1000))
    for name in (
        "train_loss_level",
        "val_loss_slope",
        "weight_norm_slope",
        "weight_norm_slope_long",
    ):
        assert sparse[name] == pytest.approx(dense[name], abs=0.1), name


def test_an_unknown_or_missing_signal_is_missing_and_nothing_else():
    history = synthetic_trajectory().prefix(1000)
    f = features(history.only({"train_loss"}), Context())
    recorded = {n for n, v in f.items() if np.isfinite(v)}
    assert recorded == {"step", *(n for n in NAMES if n.startswith("train_loss_"))}


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_history_has_features_without_infinities(data):
    n = data.draw(st.integers(1, 12))
    steps = sorted(data.draw(st.sets(st.integers(0, 10**7), min_size=n, max_size=n)))
    signals = {}
    for name in data.draw(st.sets(st.sampled_from(list(SIGNALS)), max_size=6)):
        low, high = SIGNALS[name].range
        value = st.one_of(st.none(), st.floats(-1e6 if low is None else low, high or 1e6, allow_nan=False))
        signals[name] = data.draw(st.lists(value, min_size=n, max_size=n))
    row = extract(Trajectory(steps, signals), CONTEXT)
    assert not np.isinf(row).any()


def test_phases_of_a_life():
    t = synthetic_trajectory(memorized=100, onset=3000)
    context = Context(chance_accuracy=0.02)
    seen = [phase_of(t.prefix(s), context, 0.95) for s in (60, 200, 2900, 20_000)]
    assert seen == ["fitting", "memorized", "rising", "generalized"]


def test_without_accuracies_the_losses_tell_the_phase_or_nothing_does():
    t = synthetic_trajectory(memorized=100, onset=None)
    losses = t.only({"train_loss", "val_loss"})
    assert phase_of(losses.prefix(10), Context(), 0.95) == "fitting"
    assert phase_of(losses.prefix(1000), Context(), 0.95) == "memorized"
    assert phase_of(t.only({"weight_norm"}).prefix(1000), Context(), 0.95) is None


def test_landmarks_know_the_budget_but_not_the_onset():
    """The grid of a run that generalises is a prefix of the grid that it would have had without."""
    early = synthetic_run(synthetic_trajectory(onset=300.0).prefix(700), "a", 20_000)
    never = synthetic_run(synthetic_trajectory(onset=None), "a", 20_000)
    a, b = (landmarks(r, np.random.default_rng(3)) for r in (early, never))
    assert len(a) < len(b) <= 8
    assert b[: len(a)] == a


def test_training_rows_are_open_labelled_and_weighted_by_configuration():
    runs = [
        synthetic_run(synthetic_trajectory(onset=3000.0), "a/0", 20_000),
        synthetic_run(synthetic_trajectory(onset=3000.0, seed=1, noise=0.1), "a/1", 20_000),
        synthetic_run(synthetic_trajectory(onset=None), "b/0", 20_000),
    ]
    table = training_table(runs)
    assert set(np.unique(table.target)) <= set(TARGETS)
    by_id = {r.run_id: r.trajectory for r in runs}
    for landmark, target, run in zip(table.landmark, table.target, table.run, strict=True):
        confirmed = generalization(by_id[run], target).confirmed_step
        assert confirmed is None or landmark < confirmed
    generalises = table.run != runs[2].run_id
    assert table.event[generalises].all()
    assert not table.event[~generalises].any()
    assert (table.time[~generalises] == 20_000).all()
    assert table.as_recorded.sum() * 2 == len(table)


def test_weights_do_not_know_how_long_a_run_was_open():
    """A run that generalises loses its later rows; the weight of the earlier ones must not rise for it."""
    early = synthetic_run(synthetic_trajectory(onset=300.0), "a", 20_000)
    never = synthetic_run(synthetic_trajectory(onset=None), "a", 20_000)
    a, b = (_weighted(training_table([run], seed=2)) for run in (early, never))
    assert a < b


def _weighted(table: FeatureTable) -> Counter[tuple[float, bool, float]]:
    """Count rows by their landmark, whether they are as recorded, and their weight."""
    columns = (table.landmark.tolist(), table.as_recorded.tolist(), table.weight.tolist())
    return Counter(zip(*columns, strict=True))


def test_a_configuration_counts_once_in_each_stratum():
    """Of runs that never memorise, to which no landmarks are added."""
    runs = [synthetic_run(synthetic_trajectory(1e6, onset=None, seed=k, noise=0.1), f"a/{k}", 20_000) for k in range(3)]
    table = training_table(runs)
    stratum = np.floor(3 * np.log10(table.landmark))
    for s in np.unique(stratum)[:-1]:  # landmarks snap to the checkpoint before, some to the stratum before
        assert table.weight[stratum == s].sum() == pytest.approx(1, abs=0.7)
    assert table.weight.sum() == pytest.approx(len(np.unique(stratum)), abs=1)


def test_memorised_runs_are_asked_about_more_often_until_they_rise():
    trajectory = synthetic_trajectory(onset=3000.0)
    run = synthetic_run(trajectory, "a", 20_000)
    table = training_table([run])
    confirmed = memorization(trajectory).confirmed_step
    for multiple in (1, 2, 4):
        at = table.landmark == trajectory.steps[trajectory.index_at(multiple * confirmed)]
        assert at.sum() >= 6  # three times, as recorded and degraded
    memorised = (table.landmark >= confirmed) & (table.landmark < table.rise)
    assert memorised.sum() >= 30
    assert memorised.sum() > (~memorised).sum()


@pytest.mark.parametrize("name", ["wandb/run-7", "a", "zebra" * 4, "0123456789abcdef"])
def test_runs_are_learnt_from_whatever_they_are_called(name):
    run = replace(synthetic_run(synthetic_trajectory(), "a", 20_000), run_id=name)
    tables = [training_table([run]) for _ in range(2)]
    assert len(tables[0]) > 20
    np.testing.assert_array_equal(tables[0].features, tables[1].features)


def test_beyond_the_rise_only_those_ask_who_do_not_see_it():
    """Of the landmarks that memorisation adds, not of those that were planned."""
    run = synthetic_run(synthetic_trajectory(onset=600.0), "a", 20_000)
    tables = [training_table([run], seed=k) for k in range(24)]
    planned = [landmarks(run, _rng(run, k)) for k in range(24)]
    late = [
        t.where((t.landmark >= rise_of(run, 0.95)) & ~np.isin(t.landmark, p))
        for t, p in zip(tables, planned, strict=True)
    ]
    table = FeatureTable.concatenate(late)
    assert len(table) > 20
    assert np.isnan(table.features[:, NAMES.index("val_acc_level")]).all()
    assert not table.as_recorded.any()


def test_hiding_the_context_hides_it_from_the_features_only():
    run = synthetic_run(synthetic_trajectory(), "a", 20_000, train_size=100)
    shown, hidden = (table_at([run], lambda r: [300], context=c) for c in (lambda r: r.context, lambda r: Context()))
    assert np.isnan(hidden.features[0, NAMES.index("weight_decay")])
    for name in ("target", "event", "time", "rise", "budget"):
        assert getattr(shown, name) == getattr(hidden, name)


def test_a_target_reached_later_is_an_onset_later():
    run = synthetic_run(synthetic_trajectory(onset=3000.0), "a", 20_000)
    rows = training_table([run] * 1, seed=5)
    order = np.argsort(rows.target)
    assert (np.diff(rows.time[order]) >= 0).all()


def test_extraction_is_fast_enough_to_serve():
    history = synthetic_trajectory(noise=0.1, evals_per_decade=45)
    start = time.process_time()  # of this process: another's load is not its fault
    for _ in range(20):
        extract(history, CONTEXT)
    seconds = (time.process_time() - start) / 20
    assert seconds < 0.05  # generous: a bound on disasters, not a benchmark
