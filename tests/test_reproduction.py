"""Claims of papers are judged by runs of which the truth is known, and the pages say what is stored."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from predictor.hazard import censored_regression
from predictor.reproduction import evidence
from predictor.reproduction.claim import FAILS, HOLDS, IN_PART, Claim
from predictor.reproduction.pages import laws_page, reproduction_page
from predictor.reproduction.pictures import picture_svg
from predictor.reproduction.registry import CLAIMS
from predictor.reproduction.reproduce import judged
from predictor.reproduction.results import held_results, read_result, result_of, write_result
from tests.command_line import grokcast
from training_runs import InvalidInput, Run, Trajectory
from training_runs.config import RunConfig
from training_runs.labelled_run import LabelledRun, label

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


def test_too_few_runs_are_no_verdict():
    transformer = RunConfig(architecture="transformer", embedding_dim=8, budget_step=10_000)
    assert verdict("ls_regimes", some_runs(config=transformer)) is None


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
    assert {file.stem for file in RESULTS.glob("*")} == set(held)


def test_every_claim_has_a_result_or_says_what_is_missing():
    held = held_results(RESULTS, list(CLAIMS))
    for name, claim in CLAIMS.items():
        assert (name in held) != bool(claim.missing), name
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
    with pytest.raises(InvalidInput, match="missing: distributions of weights"):
        judged("sy_layers")


def test_the_command_lists_claims_with_their_verdicts():
    shown = grokcast("reproduce", "--list")
    assert shown.returncode == 0
    for name, claim in CLAIMS.items():
        assert name in shown.stdout
        assert isinstance(claim, Claim)
