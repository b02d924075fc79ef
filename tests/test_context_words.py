"""Contexts in other people's words."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from grokcast.stated_context import stated_context
from training_runs import Context, InvalidInput
from training_runs.config import ARCHITECTURES, LOSSES, OPTIMIZERS
from training_runs.context_words import read_context, read_hyperparameters
from training_runs.context_words.fields import FIELDS, SYNONYMS, field_named
from training_runs.context_words.values import VOCABULARIES, known_values
from training_runs.tasks import FAMILIES

WORDS = {
    "optimizer": {
        "adamw": ("torch.optim.AdamW", "AdamW", "adamw_torch", "adam w", "AdamW(lr=1e-3)"),
        "adam": ("Adam (lr=1e-3)", "optim.Adam", "FusedAdam"),
        "sgd": ("SGD", "torch.optim.SGD", "SGD_with_Nesterov_momentum"),
        "radam": ("RAdam", "torch.optim.RAdam"),
    },
    "loss": {
        "cross_entropy": (
            "CrossEntropyLoss",
            "nn.CrossEntropyLoss()",
            "ce",
            "xent",
            "nll",
            "cross-entropy",
            "F.cross_entropy",
        ),
        "mse": ("MSELoss", "nn.MSELoss", "mean squared error", "MSE"),
    },
    "architecture": {
        "transformer": (
            "gpt",
            "decoder-only transformer",
            "GPT2",
            "GPT-2",
            "HookedTransformer",
            "nn.TransformerEncoder",
        ),
        "mlp": ("MLP", "feedforward", "2-layer MLP", "fully connected"),
        "lstm": ("LSTM", "nn.LSTM"),
        "cnn": ("CNN", "1d-cnn"),
    },
    "task_family": {
        "modular": ("modular addition", "modular_arithmetic", "mod add", "a+b mod p", "addition", "+", "x/y"),
        "permutation": ("S5", "permutation group S5"),
        "mnist": ("MNIST", "mnist1k", "MNIST (1000 samples)"),
        "parity": ("sparse parity", "(n, k)-sparse parity"),
        "language": ("language",),
        "fashion_mnist": ("Fashion-MNIST",),
    },
    "operation": {"add": ("addition", "x+y", "(a + b) mod p", "mod_add"), "div": ("x/y", "modular division")},
}
EACH_WORD = [(f, v, w) for f, values in WORDS.items() for v, words in values.items() for w in words]


@pytest.mark.parametrize(("field", "value", "word"), EACH_WORD)
def test_a_word_is_read_as_the_value_that_it_stands_for(field: str, value: str, word: str) -> None:
    reading = read_context({field: word})
    if field == "task_family" and "sparse parity" in word:
        word = "parity"
    assert getattr(reading.context, field) == value
    assert reading.warnings == ()


def test_what_runs_are_made_with_is_known() -> None:
    assert set(known_values("optimizer")) == set(OPTIMIZERS)
    assert set(known_values("architecture")) == set(ARCHITECTURES)
    assert set(known_values("loss")) == set(LOSSES)
    assert set(known_values("task_family")) == set(FAMILIES)
    for name in ("optimizer", "architecture", "loss", "task_family"):
        for value in known_values(name):
            assert read_context({name: value}).context.as_dict() == {name: value}


@pytest.mark.parametrize(("name", "also"), [(f, also) for f, names in SYNONYMS.items() for also in names])
def test_each_name_is_one_field(name: str, also: str) -> None:
    assert field_named(also) == name


def test_a_context_in_own_words_is_the_one_in_ours() -> None:
    theirs = {"lr": "1e-3", "wd": 1, "p": 97, "frac": "30%", "betas": [0.9, 0.98], "criterion": "nn.CrossEntropyLoss()"}
    theirs |= {"optim": "torch.optim.AdamW", "model": "gpt", "d_model": 128, "d_mlp": 512, "task": "modular addition"}
    ours = {
        "learning_rate": 1e-3,
        "weight_decay": 1.0,
        "modulus": 97,
        "train_fraction": 0.3,
        "beta1": 0.9,
        "beta2": 0.98,
    }
    ours |= {"optimizer": "adamw", "loss": "cross_entropy", "architecture": "transformer", "embedding_dim": 128}
    ours |= {"width": 512, "task_family": "modular", "operation": "add"}
    reading = read_context(theirs)
    assert reading.context.as_dict() == ours
    assert reading.warnings == ()
    assert "lr is read as learning_rate" in reading.report()[0]


def test_an_optimiser_as_it_prints_itself_says_its_rates_where_nothing_else_does() -> None:
    printed = "AdamW (\nParameter Group 0\n    lr: 0.001\n    maximize: False\n    weight_decay: 1\n)"
    assert read_context({"optimizer": printed}).context == Context(
        optimizer="adamw", learning_rate=0.001, weight_decay=1.0
    )
    reading = read_context({"opt": "SGD(lr=.1, momentum=0.9)", "lr": 0.05})
    assert reading.context == Context(optimizer="sgd", learning_rate=0.05, momentum=0.9)
    assert read_context({"optimizer": "Adam with decoupled weight decay"}).context == Context(optimizer="adamw")


def test_objects_are_opened() -> None:
    config = {"optimizer": {"name": "AdamW", "lr": 1e-3}, "model": {"type": "MLP", "hidden_dim": 256}, "seed": 3}
    reading = read_context(config)
    assert reading.context.as_dict() == {
        "optimizer": "adamw",
        "learning_rate": 1e-3,
        "architecture": "mlp",
        "width": 256,
    }
    assert reading.warnings == ()


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"width": 128}, {"embedding_dim": 128}),
        ({"width": 512, "embedding_dim": 128}, {"embedding_dim": 128, "width": 512}),
        ({"hidden_size": 128, "d_model": 128, "ffn_dim": 512}, {"embedding_dim": 128, "width": 512}),
        ({"d_mlp": 512}, {"width": 512}),
    ],
)
def test_the_width_of_a_transformer_is_its_model_width(given: dict[str, int], read: dict[str, int]) -> None:
    reading = read_context({"architecture": "transformer", **given})
    assert reading.context.as_dict() == {"architecture": "transformer", **read}
    assert read_context(reading.fields()).context == reading.context
    assert read_context({"architecture": "mlp", "width": 128}).context.width == 128


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"optimizer": "my_own"}, ("context.optimizer", "my_own", "adamw", "not given")),
        ({"task_family": "algorithmic"}, ("context.task_family", "algorithmic", "modular")),
        ({"p": 0.1}, ("context.p", "modulus", "dropout")),
        ({"alpha": 3}, ("context.alpha", "init_scale")),
        ({"lerning_rate": 3}, ("lerning_rate", "did you mean learning_rate?")),
        ({"lr": 0.1, "base_lr": 0.2}, ("learning_rate is given twice", "0.1", "0.2")),
        ({"operation": "addition of 3 operands"}, ("context.operation", "add, sub")),
    ],
)
def test_what_is_not_understood_is_named_and_counts_as_not_given(
    given: dict[str, object], named: tuple[str, ...]
) -> None:
    reading = read_context(given)
    assert reading.context.as_dict() == {}
    (warning,) = reading.warnings
    assert [word for word in named if word not in warning] == []


@pytest.mark.parametrize(
    "given", [{"lr": "much"}, {"lr": -1}, {"chance": 2.1}, {"p": 1e30}, {"optim": 3}, {"lr": float("nan")}]
)
def test_values_that_cannot_be_are_refused_by_name(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=f"context.{next(iter(given))}"):
        read_context(given)


def test_recorded_hyperparameters_say_only_what_is_certain() -> None:
    recorded = {
        "opt/lr": "0.001",
        "layers": 3,
        "model": "mystery",
        "max_steps": -1,
        "optim": "adamw_torch",
        "loss": 0.3,
    }
    reading = read_hyperparameters(recorded, "params")
    assert reading.context.as_dict() == {"learning_rate": 0.001, "optimizer": "adamw"}
    assert "params: opt/lr is read as learning_rate" in reading.notes


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.one_of(
            st.sampled_from([*FIELDS, *(also for names in SYNONYMS.values() for also in names)]), st.text(max_size=12)
        ),
        st.one_of(
            st.text(max_size=20), st.integers(-3, 10**6), st.floats(), st.booleans(), st.none(), st.lists(st.floats())
        ),
        max_size=6,
    )
)
def test_any_mapping_is_read_named_or_refused(fields: dict[str, object]) -> None:
    try:
        reading = read_context(fields)
    except InvalidInput as refused:
        named = refused.field
    else:
        named = "context."
    assert named.startswith("context.")
    if named != "context.":
        return
    for name in VOCABULARIES:
        value = getattr(reading.context, name)
        assert value is None or value in {*VOCABULARIES[name].phrases.values()} or name == "operation"
    assert read_context(reading.fields()).context == reading.context


def test_the_option_takes_assignments_objects_and_files(tmp_path) -> None:
    fields = {"lr": 1e-3, "optimizer": {"name": "AdamW"}}
    texts = {
        "c.json": json.dumps(fields),
        "c.yaml": "lr: 1e-3\noptimizer: {name: AdamW}\n",
        "c.toml": 'lr = 1e-3\n[optimizer]\nname = "AdamW"\n',
    }
    ways = ["lr=1e-3,optimizer=AdamW", json.dumps(fields), "{lr: 1e-3, optimizer: AdamW}"]
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        ways.append(str(tmp_path / name))
    assert stated_context([str(tmp_path / "c.json")]) == tmp_path / "c.json"  # may describe many runs: read later
    ways.remove(str(tmp_path / "c.json"))
    for way in ways:
        assert read_context(stated_context([way])).context.as_dict() == {"learning_rate": 1e-3, "optimizer": "adamw"}
    for bad in ("nothing.yaml", "{lr: [", "=3", "[1, 2]"):
        with pytest.raises(InvalidInput, match="--context"):
            stated_context([bad])


def test_words_give_the_support_of_ours_and_foreign_ones_are_named(tmp_path) -> None:
    from predictor.question import Question
    from predictor.store import ForecasterStore
    from training_runs import archive

    shipped_forecaster = ForecasterStore(tmp_path).load()
    run = archive.read(archive.CORPUS.parent / "blind")[0]
    history = run.trajectory.prefix(int(run.trajectory.steps[len(run.trajectory) // 2]))
    bare = shipped_forecaster.forecast(Question(history))
    unread = read_context({"optimizer": "my_own", "task_family": "algorithmic", "loss": "?!"})
    assert shipped_forecaster.forecast(Question(history, unread.context)).support == bare.support
    foreign = shipped_forecaster.forecast(Question(history, read_context({"optimizer": "Adafactor"}).context))
    assert foreign.support.score == 0
    assert "context.optimizer 'adafactor' is understood" in foreign.support.reasons[0]
    assert any("context.optimizer" in w for w in foreign.warnings)
    assert not any("this history is unlike" in w for w in foreign.warnings)


def test_the_other_words_of_a_value_say_fields_unless_they_are_given() -> None:
    reading = read_context(
        {"model": "2-layer transformer, d_model 64", "layers": 1, "data": "modular addition p=97, 30% train"}
    )
    assert reading.context.as_dict() == {"architecture": "transformer", "layers": 1, "embedding_dim": 64} | {
        "task_family": "modular",
        "operation": "add",
        "modulus": 97,
        "train_fraction": 0.3,
    }
    assert "model '2-layer transformer, d_model 64' says embedding_dim 64" in reading.notes


def test_configurations_as_their_tools_write_them() -> None:
    hydra = {
        "model": {"_target_": "src.models.Transformer", "n_layers": 2},
        "data": {"name": "modular_addition", "p": 97},
    }
    hydra |= {"optimizer": {"_target_": "torch.optim.AdamW", "lr": "1e-3", "betas": [0.9, 0.98]}}
    expected = {"architecture": "transformer", "layers": 2, "task_family": "modular", "operation": "add", "modulus": 97}
    expected |= {"optimizer": "adamw", "learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.98}
    wandb = {"lr": {"desc": None, "value": 1e-3}, "hidden_dims": {"desc": None, "value": [256, 256]}}
    argparse = {"full_batch": True, "num_epochs": 50_000, "p": 97, "dataset": "modular", "frac_train": 0.5}
    for read in (read_context, lambda config: read_hyperparameters(config, "config")):
        assert read(hydra).context.as_dict() == expected
        assert read(wandb).context.as_dict() == {"learning_rate": 1e-3, "layers": 2, "width": 256}
        assert read(argparse).context.batch_size == 4704
        assert read(argparse).context.budget_step == 50_000


@pytest.mark.parametrize(
    "config",
    [
        {"lr_scheduler": {"step_size": 30, "gamma": 0.1}},
        {"scheduler": {"lr": 1e-5, "decay": 0.9, "steps": 100}},
        {"ema": {"decay": 0.999}},
        {"eval": {"batch_size": 1000}, "test_loader": {"batch_size": 512}, "val.batch_size": 100},
        {"teacher": {"width": 100, "layers": 3}},
        {"weight_decay": {"embedding": 0, "hidden": 1.0}, "layers": [784, 200, 10]},
        {"early_stopping": {"epochs": 10}, "checkpoint": {"steps": 500}, "augmentation": {"p": 2}},
        {"validation_split": 0.2, "test_frac": 0.5, "step_size": 30},
    ],
)
def test_settings_of_something_else_are_no_fields(config: dict[str, object]) -> None:
    assert read_hyperparameters(config, "config").context.as_dict() == {}
    reading = read_context(config)
    assert reading.context.as_dict() == {}
    (first, *_) = config
    assert first in " ".join(reading.warnings)
    assert "did you mean" not in " ".join(reading.warnings)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"wd": "off", "dropout": False}, {"weight_decay": 0.0, "dropout": 0.0}),
        ({"train_size": 0.3, "layers": "two"}, {"train_fraction": 0.3, "layers": 2}),
        ({"Lernrate": 1e-3, "\u6743\u91cd\u8870\u51cf": 1}, {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ({"scheduler": {"warmup_steps": 10}, "train": {"batch_size": 64}}, {"warmup_steps": 10.0, "batch_size": 64}),
        (
            {"train_data_pct": 30, "warmup": "10 steps", "lr": "1e-3 # tuned"},
            {"train_fraction": 0.3} | {"warmup_steps": 10.0, "learning_rate": 1e-3},
        ),
        (
            {"hidden_layers": 3, "dmodel": 64, "dataset": "modular_addition_p97"},
            {"layers": 3, "embedding_dim": 64, "modulus": 97, "task_family": "modular", "operation": "add"},
        ),
        ({"optimizer": {"AdamW": {"lr": 1e-3}}}, {"optimizer": "adamw", "learning_rate": 1e-3}),
        ({"optimizer.name": "adamw", "loss": {"class_name": "MSE"}}, {"optimizer": "adamw", "loss": "mse"}),
        ({"param_groups": [{"lr": 1e-3, "weight_decay": 1}]}, {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ({"n_heads": 4, "width": 128}, {"architecture": "transformer", "embedding_dim": 128}),
    ],
)
def test_values_in_further_words(given: dict[str, object], read: dict[str, object]) -> None:
    reading = read_context(given)
    assert reading.context.as_dict() == read
    assert reading.warnings == ()


def test_none_in_words_is_asked_about() -> None:
    (warning,) = read_context({"wd": "none"}).warnings
    assert "say 0 if there is no weight_decay" in warning
    with pytest.raises(InvalidInput, match="a context is of one run"):
        read_context({"lr": [1e-3, 1e-4]})


def test_what_is_of_a_sample_is_not_the_network_and_a_long_text_is_named() -> None:
    assert read_context({"task": "sparse parity", "d": 40, "width": 1000}).context.width == 1000
    paper = "We study grokking. " * 90
    assert read_context({"description": f"{paper} lr 1e-3"}).context.learning_rate == 1e-3
    assert "shorten it to 3,000" in read_context({"description": 2 * paper}).warnings[0]


def test_a_count_that_a_tool_leaves_unset_is_not_given() -> None:
    reading = read_context({"lr": 1e-3, "batch_size": -1, "max_steps": "-1", "batchsize": 0})
    assert reading.context.as_dict() == {"learning_rate": 1e-3}
    assert [w for w in reading.warnings if "counts as not given" not in w] == []
    assert len(reading.warnings) == 3


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"lr": {"value": 1e-3, "desc": "peak", "type": "float"}}, {"learning_rate": 1e-3}),
        ({"weight_decay": {"value": 0.1, "exclude": ["bias"]}}, {"weight_decay": 0.1}),
        (
            {"learning_rate": {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1}}},
            {"learning_rate": 0.1},
        ),
        (
            {"train_batch_size": "auto", "lr": "1.0, constant", "bs": "512 pairs"},
            {"learning_rate": 1.0, "batch_size": 512},
        ),
        ({"train_frac": "one third", "p": "97 (prime)"}, {"train_fraction": 1 / 3, "modulus": 97}),
        ({"train_split": "80/20", "momentum": "without"}, {"train_fraction": 0.8, "momentum": 0.0}),
        ({"train": {"lr": 1e-3}, "finetune": {"lr": 1e-4}, "baseline": {"lr": 1}}, {"learning_rate": 1e-3}),
        ({"search_space": {"lr": [1e-4, 1e-2]}, "wd": 1}, {"weight_decay": 1.0}),
        ({"learning_rate": 0.1, "decay": 0.0}, {"learning_rate": 0.1}),
        ({"micro_batch_size": 8, "lr": 0.1}, {"learning_rate": 0.1}),
        ({"width": [256, 512], "lr": 0.1}, {"learning_rate": 0.1}),
        ({"steps": "10.000", "lr": 0.1}, {"learning_rate": 0.1}),
    ],
)
def test_configurations_of_further_tools(given: dict[str, object], read: dict[str, object]) -> None:
    assert read_context(given).context.as_dict() == pytest.approx(read)
