import hashlib
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest

from training_runs import InvalidInput, archive
from training_runs.config import ARCHITECTURES, RunConfig
from training_runs.generator.overrides import override
from training_runs.generator.presets import FORMER_NAMES, PRESETS, preset_configs
from training_runs.tasks.modular import OPERATIONS


def test_identifiers_are_what_they_were():
    # Runs on disk carry these: a change here orphans every corpus.
    config = RunConfig(modulus=31, learning_rate=1e-3, seed=7)
    assert config.run_id == "7a030e32414ad9a6"
    assert config.configuration_id == "a4cd463f9daf67cf"


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"budget_step": 5}, {"checkpoint_every": 9}, {"early_stop": False}, {"probe_passes": 100}],
)
def test_seed_budget_and_cadence_are_not_configuration(change):
    a, b = RunConfig(), RunConfig(**change)
    assert a.run_id != b.run_id
    assert a.configuration_id == b.configuration_id


@pytest.mark.parametrize(
    "change",
    [
        {"weight_decay": 0.5},
        {"beta1": 0.8},
        {"beta2": 0.98},
        {"momentum": 0.5},
        {"nesterov": True},
        {"warmup_steps": 10},
        {"layer_norm": False},
        {"tf32": True},
        {"embedding_learning_rate": 1e-4},
        {"hold_norm": True},
        {"clip_norm": 5.0},
        {"vocabulary": 1000},
        {"review_words": 500},
        {"frequent_words": True},
    ],
)
def test_hyperparameters_are_configuration(change):
    assert RunConfig().configuration_id != RunConfig(**change).configuration_id


def test_every_stored_run_keeps_its_identifiers():
    """Fields that came later hash only where they differ from what was done before."""
    for run in archive.read(archive.CORPUS):
        config = RunConfig(**run.config)
        assert (config.run_id, config.configuration_id) == (run.run_id, run.configuration_id)


def test_the_context_holds_what_its_optimiser_and_network_have():
    sgd = RunConfig(optimizer="sgd", nesterov=True, momentum=0.8, warmup_steps=10).context()
    assert (sgd.momentum, sgd.nesterov, sgd.beta1, sgd.warmup_steps, sgd.layer_norm) == (0.8, True, None, 10, None)
    adam = RunConfig(optimizer="adam", beta2=0.98, architecture="transformer", layer_norm=False).context()
    assert (adam.momentum, adam.nesterov, adam.beta1, adam.beta2, adam.layer_norm) == (None, None, 0.9, 0.98, False)


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ({"modulus": "12"}, "modulus is 12; expected a prime"),
        ({"modulus": "x"}, "--set modulus is 'x'; expected a whole number"),
        ({"train_fraction": "0"}, "train_fraction is 0.0; expected a number in (0, 1)"),
        ({"learning_rate": "-1"}, "learning_rate is -1.0; expected a number > 0"),
        ({"colour": "red"}, "one of the fields task_family, operation"),
        ({"operation": "xor"}, "one of add, sub, mul, div"),
        ({"early_stop": "perhaps"}, "true or false"),
        ({"embedding_learning_rate": "0"}, "embedding_learning_rate is 0.0; expected a number > 0, or none"),
        ({"embedding_learning_rate": "fast"}, "expected a number or none"),
        (
            {"embedding_learning_rate": "1e-3", "freeze_embedding": "true"},
            "expected none without an embedding to train",
        ),
        ({"probe_split": "test"}, "probe_split is 'test'; expected one of train, val"),
        ({"probe_passes": "1"}, "probe_passes is 1; expected a number >= 2"),
        ({"hold_norm": "true", "freeze_embedding": "true"}, "expected false where the embedding is frozen"),
        ({"beta2": "1"}, "beta2 is 1.0; expected a number in [0, 1)"),
        ({"warmup_steps": "-1"}, "warmup_steps is -1; expected a number >= 0"),
        ({"nesterov": "true", "momentum": "0"}, "nesterov is True; expected false where momentum is 0"),
    ],
)
def test_overrides_are_checked(assignment, words):
    with pytest.raises(InvalidInput) as caught:
        override(RunConfig(), assignment)
    assert words in str(caught.value)


def test_overrides_take_the_type_of_their_field():
    config = override(RunConfig(), {"checkpoint_every": "50", "early_stop": "false", "weight_decay": "0"})
    assert (config.checkpoint_every, config.early_stop, config.weight_decay) == (50, False, 0.0)
    own = override(config, {"embedding_learning_rate": "1e-4"})
    assert own.embedding_learning_rate == 1e-4
    assert override(own, {"embedding_learning_rate": "none"}) == config


def test_a_random_table_is_blocked_and_its_context_does_not_tell():
    blocked = RunConfig(operation="random_table")
    assert blocked.blocked
    told = blocked.context().operation
    assert blocked.context() == replace(RunConfig().context(), operation=told)
    assert replace(blocked, seed=7).context().operation == told  # of the configuration


def test_random_tables_are_told_as_each_of_the_operations():
    tables = [RunConfig(operation="random_table", weight_decay=0.01 * k) for k in range(200)]
    told = Counter(c.context().operation for c in tables)
    assert set(told) == set(OPERATIONS) - {"random_table"}
    assert min(told.values()) > 10


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_repeatable_and_grow(name):
    first, more = preset_configs(name, 6, 1, {}), preset_configs(name, 12, 1, {})
    assert first == more[:6]
    assert len({c.run_id for c in more}) == 12


def test_a_quarter_of_the_corpus_repeats_with_other_seeds_and_budgets():
    configs = preset_configs("corpus", 550, 0, {})
    by_configuration = defaultdict(list)
    for config in configs:
        by_configuration[config.configuration_id].append(config)
    repeated = [c for c in by_configuration.values() if len(c) > 1]
    assert 0.2 < len(repeated) / len(by_configuration) < 0.3
    assert all(len({c.seed for c in runs}) == len(runs) for runs in repeated)
    # Budgets are drawn for each run, not for its configuration.
    assert all(len({c.budget_step for c in runs}) == len(runs) for runs in repeated)


def test_the_corpus_varies_everything_and_covers_its_levels_evenly():
    """Any stretch of it holds every family, architecture, optimiser and operation in about its share."""
    configs = preset_configs("corpus", 600, 0, {})
    for part in (configs[:300], configs[300:]):
        configurations = {c.configuration_id: c for c in part}.values()
        counts = Counter(c.optimizer for c in configurations)
        assert min(counts[o] for o in ("adam", "sgd", "muon")) > 0.08 * len(configurations)
        assert {c.task_family for c in configurations} == {
            "modular",
            "permutation",
            "parity",
            "digits",
            "mnist",
            "reviews",
        }
        assert {c.architecture for c in configurations} == set(ARCHITECTURES)
        modular = [c for c in configurations if c.task_family == "modular"]
        assert min(Counter(c.operation for c in modular).values()) > 0.06 * len(modular)
        assert 0.1 < sum(c.blocked for c in configurations) / len(configurations) < 0.25


def test_unknown_preset_names_the_known():
    with pytest.raises(InvalidInput, match="salah_yevick, golechha"):
        preset_configs("nope", 1, 0, {})


@pytest.mark.parametrize(("former", "name"), FORMER_NAMES.items())
def test_a_former_name_of_a_preset_is_answered_with_that_of_now(former, name):
    assert name in PRESETS
    with pytest.raises(InvalidInput, match=f"{former} is called {name} now"):
        preset_configs(former, 1, 0, {})


# Of the identifiers of each preset's first 50 runs with seed 1: runs on disk were drawn so. Those of papers, the first six, do
# not stop early since 2026-11-27, and that of reviews has the values of Liu et al. since then.
DRAWN = {
    "salah_yevick": "26305c487fabb9ad",
    "golechha": "566b6130d2b5984c",
    "golechha_imdb": "9f93223973964eaa",
    "li_sakib": "9435f987eff1b5d1",
    "li_sakib_mnist": "6eee6b1bdbe3d7ed",
    "power": "e84c7111cee8b0d0",
    "corpus": "08e4aa108c2a8a04",
    "textbook": "1a8a20bb6e2c2574",
    "rare_levels": "328e441e53063529",
    "few_shapes": "b8cb1ad259441cdf",
    "delayed_families": "8df747403ad24d30",
    "long_watched": "110c33d73771a668",
    "xor_clusters": "ac0ac5256af9856b",
    "long_delays": "29649acf43e8da91",
    "groups": "98197ff0db99a69b",
    "papers_sizes": "699181435ba11950",
    "images": "a3e497c4c11f0e82",
    "optimizers": "a76b51053c4f0624",
    "other_worlds": "28ac3a885b5d1df4",
    "blind_second": "4f83d4ac79129a80",
    "blind": "5011bd7d1798a3be",
}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_draw_the_runs_that_they_drew(name):
    drawn = " ".join(c.run_id for c in preset_configs(name, 50, 1, {}))
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == DRAWN[name]


def test_the_context_tells_what_a_user_would_measure():
    assert RunConfig(architecture="transformer", embedding_dim=32).context().width == 128
    assert RunConfig(width=64).context().width == 64
    full = RunConfig(modulus=11, train_fraction=0.5, batch_size=128)
    assert full.context().batch_size == full.train_size
    assert RunConfig(batch_size=128).context().batch_size == 128


def test_papers_sizes_are_those_of_papers_on_few_shapes():
    configs = preset_configs("papers_sizes", 340, 1, {})
    assert {(c.architecture, c.embedding_dim, c.heads) for c in configs} == {("transformer", 128, 4)}
    assert {c.modulus for c in configs} == {59, 67, 97, 113}
    assert {c.optimizer for c in configs} == {"adamw", "adam", "sgd", "rmsprop"}
    assert {c.operation for c in configs} == set(OPERATIONS)
    assert len({c.shape for c in configs}) <= 12
    for field in ("layer_norm", "nesterov", "warmup_steps", "beta2", "dropout", "batch_size", "layers"):
        assert len({getattr(c, field) for c in configs}) >= 2, field
    even = [c.checkpoint_every for c in configs if c.checkpoint_every]
    assert 0.3 < len(even) / len(configs) < 0.5
    assert 50 <= min(even) < max(even) <= 1000


def test_long_delays_are_tiny_networks_on_few_shapes_in_small_stacks():
    configs = preset_configs("long_delays", 800, 1, {})
    assert {c.architecture for c in configs} == {"embedding_mlp", "transformer"}
    assert {c.modulus for c in configs} == {11, 13, 17, 19, 23, 29, 31}
    assert {c.operation for c in configs} == set(OPERATIONS)
    assert max(c.embedding_dim for c in configs) <= 32
    assert len({c.shape for c in configs}) <= 30
    assert 0 < sum(c.blocked for c in configs) / len(configs) < 0.1
    decoupled = [c.weight_decay for c in configs if c.optimizer == "adamw" and c.weight_decay]
    assert 1e-3 < min(decoupled) < 0.01 < 0.2 < max(decoupled) <= 0.3
    seeds = Counter(c.configuration_id for c in configs)
    assert 0.2 < np.mean([count > 1 for count in seeds.values()]) < 0.3


def test_budgets_of_long_delays_know_nothing_of_the_configuration():
    configs = preset_configs("long_delays", 800, 1, {})
    budgets = np.log([c.budget_step for c in configs])
    assert np.log(50_000) <= budgets.min() < budgets.max() <= np.log(1_000_000)
    assert 0.7 < np.mean(budgets < np.log(300_000)) < 0.9
    for field in ("modulus", "learning_rate", "weight_decay", "train_fraction", "init_scale", "blocked", "layers"):
        values = [float(getattr(c, field)) for c in configs]
        assert abs(np.corrcoef(budgets, values)[0, 1]) < 0.1, field


def test_long_delays_are_recorded_as_people_record_them_a_thousand_times_at_most():
    configs = preset_configs("long_delays", 800, 1, {})
    even = [c for c in configs if c.checkpoint_every]
    assert 0.25 < len(even) / len(configs) < 0.35
    assert max(c.budget_step / c.checkpoint_every for c in even) <= 1_000
    assert {c.checkpoints_per_decade for c in configs} == {5, 8, 12, 25}


def test_groups_are_of_three_orders_and_three_shapes_of_network():
    configs = preset_configs("groups", 400, 1, {})
    assert {c.task_family for c in configs} == {"groups"}
    assert {c.classes for c in configs} == {24, 60, 120}
    assert {"S4", "A5", "D12", "Q24", "C24", "Q8xC3"} < {c.group for c in configs}
    shares = Counter(c.architecture for c in configs)
    assert 0.2 < shares["transformer"] / shares["embedding_mlp"] < 0.6
    assert 0 < sum(c.blocked for c in configs) / len(configs) < 0.1
    assert {c.context().modulus for c in configs} == {None}


def test_a_groups_name_is_hashed_only_where_it_is_not_the_default():
    assert RunConfig(group="S4").run_id == RunConfig().run_id
    assert RunConfig(task_family="groups", group="A5").run_id != RunConfig(task_family="groups").run_id


def test_the_next_designs_have_what_no_run_has_yet():
    """And a few runs of each that can never generalise, several seeds for a quarter, and other people's cadences."""
    for name, n in (("images", 500), ("optimizers", 500), ("other_worlds", 600)):
        configs = preset_configs(name, n, 1, {})
        assert 0.02 < sum(c.blocked for c in configs) / n < 0.12
        seeds = Counter(c.configuration_id for c in configs)
        assert 0.2 < sum(count > 1 for count in seeds.values()) / len(seeds) < 0.3
        ours = sum(c.checkpoint_every is None and c.checkpoints_per_decade == 25 for c in configs)
        assert 0.4 < ours / n < 0.6
    images = preset_configs("images", 500, 1, {})
    assert Counter(c.task_family for c in images) == {"digits": 300, "mnist": 200}
    assert all(30_000 <= c.budget_step <= 100_000 and 2 <= c.init_scale <= 12 for c in images)
    assert {c.norm_penalty > 0 for c in images} == {True, False}
    assert {c.optimizer for c in preset_configs("optimizers", 500, 1, {})} == {"muon", "rmsprop", "sgd", "lion"}
    worlds = preset_configs("other_worlds", 600, 1, {})
    assert {c.task_family for c in worlds} == {"polynomials", "teacher", "clusters", "parity", "modular"}
    assert max(c.separation for c in worlds if c.task_family == "clusters") < 3
    for field in ("embedding_learning_rate", "embedding_noise", "embedding_init"):
        default = getattr(RunConfig(), field)
        assert sum(getattr(c, field) != default for c in worlds) >= 25, field
