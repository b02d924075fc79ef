"""Claims of papers are judged by runs of which the truth is known, and the pages say what is stored."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import typer

from grokcast.commands.reproduce import reproduce
from predictor.hazard import censored_regression
from predictor.reproduction import evidence
from predictor.reproduction.claim import FAILS, HOLDS, IN_PART, Claim, Finding, Panel, Picture
from predictor.reproduction.pages import laws_page, reproduction_page, with_signals
from predictor.reproduction.pictures import picture_svg
from predictor.reproduction.registry import CLAIMS
from predictor.reproduction.replicates import over_seeds
from predictor.reproduction.reproduce import folder_of_runs, judged
from predictor.reproduction.results import held_results, read_result, result_of, write_result
from tests.command_line import grokcast
from training_runs import InvalidInput, Run, Trajectory
from training_runs.config import RunConfig
from training_runs.labelled_run import LabelledRun, label
from training_runs.signals import SIGNALS

DOCS = Path(__file__).parent.parent / "docs"
RESULTS = DOCS / "reproduction"
STEPS = np.unique(np.logspace(0, 4, 60).astype(int))


def a_run(
    onset: float = 3000, memorized: float = 100, config: RunConfig | None = None, **signals: object
) -> LabelledRun:
    """Return a run whose accuracies are logistic curves of log time; signals are functions of the step."""
    config = config or RunConfig(budget_step=10_000)
    curves = {name: np.array([at(step) for step in STEPS]) for name, at in signals.items()}  # type: ignore[operator]
    rising = {"train_acc": memorized / 1.2, "val_acc": onset / 1.2}
    accuracies = {name: 1 / (1 + (STEPS / middle) ** -16.0) for name, middle in rising.items()}
    run = Run(
        config.run_id, config.configuration_id, config.context(), Trajectory(STEPS, accuracies | curves), 10_000,
        config=config.as_dict(),
    )  # fmt: skip
    return label(run)


def some_runs(count: int = 30, config: RunConfig | None = None, **fields: object) -> list[LabelledRun]:
    """Return runs of configurations that differ in their rate."""
    base = config or RunConfig(budget_step=10_000)
    return [a_run(config=replace(base, learning_rate=1e-3 * (k + 1)), **fields) for k in range(count)]  # type: ignore[arg-type]


def verdict(name: str, runs: list[LabelledRun]) -> str | None:
    test = CLAIMS[name].test
    assert test is not None
    return test(runs).verdict


@pytest.mark.parametrize(("peak", "expected"), [(1500, HOLDS), (4000, IN_PART), (30, FAILS)])
def test_a_variance_announces_only_what_has_not_risen(peak, expected):
    spike = some_runs(
        dropout_acc_var=lambda step: 0.01 * np.exp(-(np.log(step / peak) ** 2) / 0.1),
        dropout_acc_mean=lambda step: min(step / 1e4, 1.0),
    )
    assert verdict("sy_dropout_variance", spike) == expected


@pytest.mark.parametrize(("of_waiting", "expected"), [(0.0, HOLDS), (0.5, IN_PART)])
def test_bands_hold_in_part_where_runs_that_miss_their_budget_have_them_too(of_waiting, expected):
    groks = some_runs(embedding_cos_structure=lambda step: float(step > 500))
    misses = some_runs(
        onset=1e9, config=RunConfig(modulus=31, budget_step=10_000), embedding_cos_structure=lambda step: of_waiting
    )
    table = RunConfig(operation="random_table", budget_step=10_000)
    tables = some_runs(onset=1e9, config=table, embedding_cos_structure=lambda step: 0.0)
    assert verdict("sy_embeddings", groks + misses + tables) == expected


@pytest.mark.parametrize(("late", "expected"), [(True, HOLDS), (False, FAILS)])
def test_late_validation_is_told_from_early_training(late, expected):
    transformer = RunConfig(architecture="transformer", embedding_dim=8, budget_step=10_000)
    runs = []
    for k in range(30):
        config = replace(transformer, learning_rate=1e-3 * (k + 1))
        onset, memorized = (1500 + 150 * k, 100 + 7 * (7 * k % 30)) if late else (6000 + 9 * (7 * k % 30), 20 + 100 * k)
        runs.append(a_run(onset, memorized, config))
    assert verdict("ls_late_validation", runs) == expected


def test_operations_grok_where_three_runs_of_each_do():
    runs = []
    for name in ("add", "sub", "mul", "div"):
        base = RunConfig(architecture="transformer", embedding_dim=8, modulus=97, train_fraction=0.3, operation=name)
        runs += some_runs(3, base, onset=3000 if name in ("add", "sub") else 500)
    assert verdict("ls_operations_stored", runs) == IN_PART
    assert verdict("ls_operations_stored", [r for r in runs if r.operation != "add"]) == FAILS


def test_too_few_runs_are_no_verdict():
    transformer = RunConfig(architecture="transformer", embedding_dim=8, budget_step=10_000)
    assert verdict("ls_regimes", some_runs(config=transformer)) is None


def made(name: str, onset: object, memorized: object = lambda config: 100, **signals: object) -> Finding:
    """Return what a claim finds in its own quick runs, were their curves functions of the config."""
    claim = CLAIMS[name]
    assert claim.test is not None
    assert claim.configs is not None
    runs = []
    for k, config in enumerate(claim.configs(True)):
        curves = {s: (lambda step, at=at, config=config: at(config, step)) for s, at in signals.items()}  # type: ignore[misc]
        runs.append(a_run(onset(config) + k, memorized(config), config, **curves))  # type: ignore[operator]
    return claim.test(runs)


def test_a_figure_of_seeds_lies_between_them():
    runs = [
        a_run(onset, 100, RunConfig(seed=seed)) for seed in range(3) for onset in (300 + 40 * seed, 900 - 50 * seed)
    ]
    shape = over_seeds(runs, lambda some: float(np.std([evidence.onset(run) for run in some])))
    assert None not in (shape.low, shape.value, shape.high)
    assert shape.low < shape.value < shape.high
    assert over_seeds(runs[:4], len).low is None  # of two seeds


@pytest.mark.parametrize(
    ("onset", "expected"),
    [
        (lambda c: 900 * c.init_scale + 200, HOLDS),
        (lambda c: 200 + 20 * c.init_scale**3, IN_PART),  # later, but on no straight line
        (lambda c: 6000 - 700 * c.init_scale, IN_PART),  # but the embeddings end alike
    ],
)
def test_delays_grow_linearly_with_alpha_or_do_not(onset, expected):
    found = made("sy_initialisation", onset, embedding_std=lambda c, step: 0.3)
    assert found.verdict == expected
    apart = made("sy_initialisation", onset, embedding_std=lambda c, step: 0.3 * c.init_scale)
    assert apart.verdict == (FAILS if onset(RunConfig(init_scale=7)) < 2000 else IN_PART)
    assert found.figures["largest over smallest standard deviation of the embeddings at the end"].value == 1.0


def test_of_a_claim_with_six_parts_three_are_a_part():
    def memorized(config):  # a shifted start memorises late, and a constant rest never
        return {"uniform:0.4:0.8": 700, "constant:0.1": 1e9}.get(config.other_init, 100)

    def onset(config):
        late = {"normal:0.2:0.1": 5000, "uniform:0.4:0.8": 2000, "uniform:1.6:2": 1e9, "constant:0.1": 1e9}
        return late.get(config.other_init, late.get(config.embedding_init, 3000))

    assert made("sy_shifted_initialisation", onset, memorized).figures["parts of 6 that hold"] == 6
    assert made("sy_shifted_initialisation", lambda c: 3000, memorized).verdict == IN_PART
    assert made("sy_shifted_initialisation", lambda c: 3000).verdict == FAILS
    never = made("sy_shifted_initialisation", lambda c: 3000, lambda c: 1e9 if "uniform" in c.other_init else 100)
    assert "how late is not" in never.note


@pytest.mark.parametrize(("onset", "growth", "expected"), [(3000, 2.0, HOLDS), (3000, 0.0, FAILS), (150, 2.0, IN_PART)])
def test_a_norm_that_does_not_rise_is_no_rising_norm(onset, growth, expected):
    def norm(config, step):
        return 50 * (step**growth if config.norm_penalty else 1)

    assert made("golechha_rising_norm", lambda c: onset, weight_norm=norm).verdict == expected


def test_where_no_delay_is_there_none_vanishes():
    assert made("golechha_dropout", lambda c: 150).verdict is None
    assert "longer runs are needed" in made("golechha_dropout", lambda c: 1e9, lambda c: 1e9).note
    assert made("golechha_dropout", lambda c: 150 if c.dropout else 4000).verdict == HOLDS
    assert made("golechha_dropout", lambda c: 2500 if c.dropout else 4000).verdict == IN_PART


@pytest.mark.parametrize(
    ("onset", "entropy", "expected"), [(3000, -1.0, HOLDS), (3000, 1.0, IN_PART), (120, -1.0, FAILS)]
)
def test_reviews_grok_where_validation_comes_late(onset, entropy, expected):
    found = made(
        "golechha_imdb",
        lambda c: onset,
        weight_entropy=lambda c, step: entropy * step,
        circuit_complexity=lambda c, step: 1 / step,
        activation_sparsity=lambda c, step: 0.5,
        weight_norm=lambda c, step: 100.0,
    )
    assert found.verdict == expected


def test_rows_of_table_3_are_compared_with_what_is_printed():
    def as_printed(config):
        return 4000 if config.loss == "mse" and config.init_scale == 8 else 200

    assert made("ls_mnist", as_printed).verdict == HOLDS
    assert made("ls_mnist", lambda c: 4000).verdict == FAILS
    unseen = made("ls_mnist", lambda c: 1e9, lambda c: 1e9 if c.loss == "mse" and c.init_scale == 8 else 100)
    assert unseen.verdict is None
    assert unseen.note.endswith("at its end: the original.")
    rows = made("ls_mnist", as_printed).figures
    assert rows["rows"] == 3


def test_cross_entropy_groks_where_every_seed_does():
    assert made("golechha_mnist", lambda c: 4000 if c.init_scale == 32 else 200).verdict == HOLDS
    assert made("golechha_mnist", lambda c: 4000 if c.init_scale == 32 and c.seed else 200).verdict == IN_PART
    assert made("golechha_mnist", lambda c: 200).verdict == FAILS


def steps_of(epochs: float, config: RunConfig) -> float:
    return epochs * (config.context().steps_per_epoch or 1)


@pytest.mark.parametrize(
    ("memorized", "onset", "expected"), [(300, 1200, HOLDS), (100, 400, IN_PART), (300, 500, FAILS), (300, 1e9, FAILS)]
)
def test_figures_epochs_are_those_of_some_setting_or_of_none(memorized, onset, expected):
    found = made("sy_timescale", lambda c: steps_of(onset, c), lambda c: steps_of(memorized, c))
    assert found.verdict == expected
    assert found.figures["settings"] == 3


def test_a_grid_correlates_with_what_delays_follow():
    def onset(config, exponents=(1, 1, -1, -1)):
        levels = (
            config.batch_size > 16,
            config.embedding_noise > 0,
            config.learning_rate > 1e-3,
            config.weight_decay > 0.3,
        )
        return 20 + steps_of(40 * 2.0 ** sum(e * x for e, x in zip(exponents, levels, strict=True)), config)

    assert made("ls_correlations", onset, lambda c: 20).verdict == HOLDS
    assert made("ls_correlations", lambda c: onset(c, (-1, -1, 1, 1)), lambda c: 20).verdict == FAILS
    assert made("ls_correlations", lambda c: 1e9).verdict is None


def test_comprehension_lies_in_the_band_or_elsewhere():
    found = made("ls_regimes", lambda c: 300 if c.batch_size == 16 else 3000)
    assert found.verdict == HOLDS
    assert found.figures["runs in the band"] == found.figures["runs below it"] == 20
    assert made("ls_regimes", lambda c: 3000 if c.batch_size == 16 else 300).verdict == FAILS


@pytest.mark.parametrize(
    ("train_loss", "val_loss", "expected"),
    [
        (lambda c: 1.0 if c.init_scale < 1 else 0.01, lambda c: 0.2 + abs(np.log(c.init_scale)), HOLDS),
        (
            lambda c: 1.0 if c.init_scale < 1 else 0.01,
            lambda c: 1 / c.init_scale,
            FAILS,
        ),  # the least test loss is at the end
        (lambda c: 1.0, lambda c: 0.2 + abs(np.log(c.init_scale)), IN_PART),
    ],
)
def test_losses_over_held_norms_are_an_l_and_a_u(train_loss, val_loss, expected):
    found = made(
        "omnigrok_lu",
        lambda c: 3000,
        train_loss=lambda c, step: train_loss(c),
        val_loss=lambda c, step: val_loss(c),
        weight_norm=lambda c, step: 10 * c.init_scale,
    )
    assert found.verdict == expected


def histogram(values: np.ndarray) -> dict[str, object]:
    limit = float(np.abs(values).max())
    return {"limit": limit, "counts": np.histogram(values, 81, (-limit, limit))[0].tolist()}


@pytest.mark.parametrize(
    ("first", "tail", "expected"), [(0.0, -1.0, HOLDS), (0.3, -1.0, IN_PART), (0.0, 1.0, IN_PART), (0.3, 1.0, FAILS)]
)
def test_layers_have_the_shapes_that_are_drawn_or_others(first, tail, expected):
    rng = np.random.default_rng(0)
    arrays = {
        "hidden": histogram(rng.laplace(first, 0.05, 5000)),
        "output": histogram(np.concatenate([rng.uniform(0, 0.2, 700), tail * rng.exponential(0.5, 300)])),
    }
    configs = CLAIMS["sy_layers"].configs
    assert configs is not None
    runs = [replace(r, run=replace(r.run, arrays=[arrays])) for r in (a_run(config=c) for c in configs(True))]
    test = CLAIMS["sy_layers"].test
    assert test is not None
    assert test(runs).verdict == expected


def with_arrays(
    name: str,
    arrays: Callable[[RunConfig], list[dict[str, object]]],
    onset: Callable[[RunConfig], float],
    **signals: object,
) -> Finding:
    """Return what a claim finds in its own quick runs, memorised at 100, were these what they stored for figures."""
    claim = CLAIMS[name]
    assert claim.test is not None
    assert claim.configs is not None
    runs = [(a_run(onset(config), config=config, **signals), arrays(config)) for config in claim.configs(True)]
    return claim.test([replace(r, run=replace(r.run, arrays=stored)) for r, stored in runs])


@pytest.mark.parametrize(("bands", "expected"), [(500, HOLDS), (2200, IN_PART), (4000, FAILS)])
def test_bands_come_long_before_the_rise_or_do_not(bands, expected):
    def arrays(config):
        circle = 2 * np.pi * np.subtract.outer(np.arange(5), np.arange(5)) / 5
        return [
            {"step": step, "cosine_matrix": np.cos(k * circle).tolist()} for k, step in enumerate((100, 2900, 9000))
        ]

    found = with_arrays("sy_bands", arrays, lambda c: 3000, embedding_cos_structure=lambda step: float(step > bands))
    assert found.verdict == expected
    assert [panel.name.split(":")[0] for panel in found.picture.panels] == ["memorised", "between", "rise", "end"]
    never = with_arrays("sy_bands", arrays, lambda c: 1e9, embedding_cos_structure=lambda step: float(step > bands))
    assert never.verdict is None


@pytest.mark.parametrize(
    ("memorised", "risen", "expected"), [(0.0, 0.4, HOLDS), (0.2, 0.4, IN_PART), (0.0, 0.2, IN_PART), (0.4, 0.0, FAILS)]
)
def test_embedding_values_go_to_two_peaks_or_do_not(memorised, risen, expected):
    rng = np.random.default_rng(0)

    def stored(step, peak):
        return {"step": step, "embedding": histogram(np.append(rng.normal([peak, -peak], 0.05, (4000, 2)), [-1, 1]))}

    found = with_arrays("sy_values", lambda c: [stored(100, memorised), stored(2500, risen)], lambda c: 3000)
    assert found.verdict == expected


@pytest.mark.parametrize(("height", "ripple", "expected"), [(8.0, 1.0, HOLDS), (8.0, 0.0, IN_PART), (0.5, 0.0, FAILS)])
def test_contours_are_wider_and_rougher_around_grokking_or_are_not(height, ripple, expected):
    """The loss is a bowl of height 2 and little waves around comprehension and confusion."""
    x, y = np.meshgrid(*[np.linspace(-1, 1, 15)] * 2)

    def onset(config):
        return 1e9 if config.learning_rate == 0.008 else 400 if config.init_scale == 0.2 else 3000

    def contour(config):
        groks = onset(config) == 3000
        bowl, waves = (height, ripple * height) if groks else (2.0, 0.02)
        loss = bowl * (x**2 + y**2) / 2 + waves * np.sin(9 * x) ** 2
        return [{"step": 500, "contour": loss.tolist()}, {"step": 1000, "contour": (9 * y**2 + 1).tolist()}]

    claim = CLAIMS["ls_contours"]
    runs = [
        replace(r, run=replace(r.run, arrays=contour(c)))
        for c in claim.configs(True)
        for r in [a_run(onset(c), 1e9 if c.learning_rate == 0.008 else 100, c)]
    ]
    found = claim.test(runs)
    assert found.verdict == expected
    assert [found.figures[f"{name}: runs"] for name in ("grokking", "comprehension", "confusion")] == [12, 3, 3]
    assert claim.test(runs[:-3]).verdict is None
    assert [panel.name for panel in found.picture.panels] == ["grokking", "comprehension", "confusion"]


def test_matrices_are_drawn_as_images_and_losses_by_their_contours():
    matrix = Panel("end", [[1.0, -0.5], [-0.5, 1.0]])
    bowl = Panel("grokking", [[2.0, 1.0, 2.0], [1.0, 0.01, 1.0], [2.0, 1.0, 2.0]], 0.5)
    image, contours = (picture_svg("x", Picture("a", "b", [], panels=[p, p, p])) for p in (matrix, bowl))
    assert image.count('href="data:image/png;base64,') == 3
    assert "<image" not in contours
    for svg in (image, contours):
        assert {"a", "b"} <= {text for element in ElementTree.fromstring(svg).iter() for text in [element.text]}


def test_operations_grok_where_every_seed_of_each_does():
    assert made("ls_operations", lambda c: 3000).verdict == HOLDS
    assert made("ls_operations", lambda c: 3000 if c.operation in ("add", "mul") or c.seed else 200).verdict == IN_PART
    assert made("ls_operations", lambda c: 200).verdict == FAILS
    assert made("ls_operations", lambda c: 1e9 if c.operation == "div" else 3000).verdict is None


def test_decay_shortens_delays_and_norms_peak_alike_or_do_not():
    def onset(config):
        return 100 + {0.3: 6000, 1.0: 4000, 2.0: 2000, 4.0: 1000}[config.weight_decay]

    def memorized(config):
        return 1e9 if config.weight_decay == 4 else 100

    def norm(config, step):
        return 10 + 5 * np.exp(-(np.log(step * min(config.weight_decay, 1) / 300) ** 2))

    assert made("ls_attention_decay", onset, memorized, weight_norm_attention=norm).verdict == HOLDS
    found = made(
        "ls_attention_decay", lambda c: onset(replace(c, weight_decay=1.0)), memorized, weight_norm_attention=norm
    )
    assert found.verdict == IN_PART
    flat = made(
        "ls_attention_decay", lambda c: 3000, weight_norm_attention=lambda c, step: 10 / c.weight_decay + 1 / step
    )
    assert flat.verdict == FAILS
    assert made("ls_attention_decay", lambda c: 1e9, memorized, weight_norm_attention=norm).verdict is None


@pytest.mark.parametrize(
    ("variance_peak", "half", "expected"),
    [(1500, 0.6, HOLDS), (30, 0.6, IN_PART), (1500, 0.3, IN_PART), (30, 0.3, FAILS)],
)
def test_curves_under_dropout_end_flat_and_halve_late_or_do_not(variance_peak, half, expected):
    claim = CLAIMS["sy_dropout_figures"]
    assert claim.configs is not None
    assert claim.test is not None
    arrays = [
        {"step": s, "robustness_curve": [1 - (r > 0.25) * r for r in np.arange(10) / 10]} for s in (500, 1000, 4000)
    ]
    runs = [
        a_run(
            config=config,
            dropout_acc_var=lambda step: 0.01 * np.exp(-(np.log(step / variance_peak) ** 2) / 0.1),
            drc_half=lambda step: half,
            drc_auc=lambda step: half,
        )
        for config in claim.configs(True)
    ]
    found = claim.test([replace(r, run=replace(r.run, arrays=arrays)) for r in runs])
    assert found.verdict == expected
    assert found.picture is not None
    assert [series.name for series in found.picture.series] == ["step 500", "step 1,000", "step 4,000"]


def test_claims_that_are_tested_on_the_same_runs_share_them():
    for name, claim in CLAIMS.items():
        if claim.runs_of:
            owner = CLAIMS[claim.runs_of]
            assert claim.configs is owner.configs
            assert folder_of_runs(Path("runs"), name, quick=True) == Path("runs") / f"{claim.runs_of}_quick"


def test_phases_are_what_most_seeds_are_in():
    def onset(config):
        return {1e-4: 1e9, 1e-3: 4000, 1e-2: 200}.get(config.learning_rate, 1e9)

    def memorized(config):
        return 1e9 if config.learning_rate == 1e-4 else 100

    found = made("liu_effective_theory", onset, memorized)
    assert found.verdict == HOLDS
    assert found.figures["pairs of rates in grokking"] == 4
    assert made("liu_effective_theory", lambda c: 4000).verdict == FAILS


def test_a_teacher_is_learnt_later_from_larger_weights_or_is_not():
    assert made("omnigrok_teacher_student", lambda c: 300 * c.init_scale).verdict == HOLDS
    assert made("omnigrok_teacher_student", lambda c: 4000 / c.init_scale).verdict == FAILS


def test_what_is_found_does_not_depend_on_the_order_in_which_runs_were_made():
    claim = CLAIMS["ls_operations"]
    assert claim.configs is not None
    runs = [a_run(2000 + 300 * k, config=config).run for k, config in enumerate(claim.configs(True))]
    found = judged("ls_operations", runs, quick=True)
    assert found.picture is not None
    assert found == judged("ls_operations", runs[::-1], quick=True)


def test_runs_of_a_claim_are_made_once_and_written_up(tmp_path, monkeypatch, capsys):
    """One whose runs cannot be made, since their data are not there, stops no other."""
    tiny = RunConfig(modulus=5, width=4, embedding_dim=4, budget_step=20)
    found: list[int] = []

    def test(runs: Sequence[LabelledRun]) -> Finding:
        found.append(len(runs))
        return Finding(HOLDS, {"runs": len(runs)}, runs)

    monkeypatch.setitem(
        CLAIMS,
        "tiny",
        Claim("A paper", "figure 1", "It is so.", "two", "always", test, lambda quick: [tiny, replace(tiny, seed=1)]),
    )
    unread = RunConfig(task_family="reviews", architecture="lstm", budget_step=20)
    monkeypatch.setitem(CLAIMS, "unread", replace(CLAIMS["tiny"], configs=lambda quick: [unread]))
    monkeypatch.delenv("GROKCAST_IMDB_DIR", raising=False)
    folders = {"out": tmp_path / "runs", "results": tmp_path / "papers"}
    with pytest.raises(typer.Exit):
        reproduce(["unread", "tiny"], quick=True, workers=1, **folders)
    assert "not tested, since runs are missing: unread" in capsys.readouterr().err
    reproduce(["tiny"], quick=True, workers=1, **folders)  # resumes: nothing is left to make
    assert found == [2, 2]
    assert len(list((tmp_path / "runs" / "tiny_quick").glob("*.parquet"))) == 1
    assert read_result(tmp_path / "papers", "tiny").scale == "quick"
    assert "quick: 2 (1; 2) | runs: 2 | holds" in (tmp_path / "papers.md").read_text()
    assert (tmp_path / "laws.md").exists()


def test_a_censored_regression_finds_the_slope_that_seen_events_flatten():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 2, 2000)
    matrix = np.column_stack([np.ones(2000), x])
    true = 1 + 2 * x + 0.3 * rng.normal(size=2000)
    end = np.full(2000, 3.0)
    event, time = true <= end, np.minimum(true, end)
    whole = censored_regression.fit(matrix, time, event)
    seen = censored_regression.fit(matrix[event], time[event], event[event])
    np.testing.assert_allclose([*whole.coefficients, whole.sigma], [1, 2, 0.3], atol=0.05)
    assert seen.coefficients[1] < 1.9
    assert whole.median_by(matrix[-1:], np.array([9.0])) == pytest.approx(whole.median(matrix[-1:]), abs=1e-6)
    assert (whole.median_by(matrix, end) <= end).all()


def test_an_offset_is_a_slope_that_is_given():
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 2, 500)
    time = 1 + 2 * x + 0.1 * rng.normal(size=500)
    found = censored_regression.fit(np.ones((500, 1)), time, np.ones(500, dtype=bool), 2 * x)
    np.testing.assert_allclose([*found.coefficients, found.sigma], [1, 0.1], atol=0.02)


def test_a_difference_of_shares_has_the_interval_of_configurations():
    one, other = some_runs(20), some_runs(20, RunConfig(modulus=31, budget_step=10_000))
    found = evidence.share_difference(one, other, lambda run: run.run.context.modulus == 53)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert evidence.share([], lambda run: True).value is None


def test_a_stored_result_is_read_as_it_was_and_a_quick_one_does_not_replace_a_full_one(tmp_path):
    claim = CLAIMS["ls_late_validation"]
    assert claim.test is not None
    transformer = RunConfig(architecture="transformer", embedding_dim=8, budget_step=10_000)
    full = result_of(claim.test(some_runs(config=transformer)), "full")
    assert (full.runs, full.configurations, full.seeds) == (30, 30, (1, 1))
    assert write_result(tmp_path, "x", full)
    assert not write_result(tmp_path, "x", replace(full, scale="quick"))
    assert asdict(read_result(tmp_path, "x")) == asdict(full)
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InvalidInput, match="grokcast reproduce x makes it again"):
        read_result(tmp_path, "x")


def test_the_pages_say_what_is_stored():
    held = held_results(RESULTS, list(CLAIMS))
    assert (DOCS / "reproduction.md").read_text() == reproduction_page(held)
    assert (DOCS / "laws.md").read_text() == laws_page(held)
    signals = (DOCS / "signals.md").read_text()
    assert "](reproduction.md#sy_drc)" in signals
    assert signals == with_signals(signals, held)
    assert {file.stem for file in RESULTS.glob("*")} == set(held)


def test_every_claim_has_a_result_or_says_what_is_missing():
    held = held_results(RESULTS, list(CLAIMS))
    for name, claim in CLAIMS.items():
        assert set(claim.signals) <= SIGNALS.keys()
        if name not in held:  # the page says so
            assert claim.missing or claim.configs, name
        assert (claim.test is None) == bool(claim.missing), name
        assert claim.test is None or claim.rule, name


def test_results_and_pictures_stay_small():
    assert sum(file.stat().st_size for file in RESULTS.glob("*")) < 10e6


def test_a_stored_picture_can_be_drawn_again():
    result = read_result(RESULTS, "sy_embeddings")
    assert result.picture is not None
    svg = picture_svg("sy_embeddings", result.picture)
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" width=')
    assert "var(--" not in svg
    assert "generalises late" in svg


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, c in CLAIMS.items() if c.test is not None and c.configs is None])
def test_stored_runs_still_say_what_is_stored(name):
    assert judged(name) == read_result(RESULTS, name)


def test_a_claim_that_is_unknown_or_untested_is_refused():
    with pytest.raises(InvalidInput, match="expected one of sy_dropout_variance"):
        judged("sy")
    with pytest.raises(InvalidInput, match="missing: a graph network"):
        judged("omnigrok_qm9")


def test_the_command_lists_claims_with_their_verdicts():
    shown = grokcast("reproduce", "--list")
    assert shown.returncode == 0
    for name, claim in CLAIMS.items():
        assert name in shown.stdout
        assert isinstance(claim, Claim)
