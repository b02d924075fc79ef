"""Contexts in sentences: what papers, code and chats say of a run, and what of something else."""

import contextlib
import time

import pytest
from hypothesis import given, settings, strategies as st

from grokcast.stated_context import stated_context
from training_runs import InvalidInput
from training_runs.context_words import read_context


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2-layer, d=128", {"layers": 2, "width": 128}),
        (
            "1L transformer, d_model 128, 4 heads",
            {"architecture": "transformer", "layers": 1, "embedding_dim": 128},
        ),
        ("AdamW(lr=1e-3, wd=1)", {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1.0}),
        (
            "lr 1e-3 wd 1.0 p=113 frac 0.3",
            {"learning_rate": 1e-3, "weight_decay": 1.0, "modulus": 113, "train_fraction": 0.3},
        ),
        ("MLP 784-200-200-10", {"architecture": "mlp", "layers": 2, "width": 200, "classes": 10}),
        (
            "--lr 1e-3 --weight_decay 1 --optim adamw",
            {"learning_rate": 1e-3, "weight_decay": 1.0, "optimizer": "adamw"},
        ),
        ("Namespace(lr=0.001, p=97, frac_train=0.3)", {"learning_rate": 1e-3, "modulus": 97, "train_fraction": 0.3}),
        ("model.d_model=128 optimizer.lr=1e-3", {"embedding_dim": 128, "learning_rate": 1e-3}),
        ("weight_decay: 0.1\nlr: 1e-3", {"weight_decay": 0.1, "learning_rate": 1e-3}),
        (
            "modular addition mod 97, 30% of the data, full batch, 40k epochs",
            {"task_family": "modular", "operation": "add", "modulus": 97, "train_fraction": 0.3}
            | {"budget_step": 40_000, "batch_size": 2823},
        ),
        (
            "a two-layer transformer with width 128 trained by SGD with momentum 0.9 nesterov",
            {"architecture": "transformer", "layers": 2, "embedding_dim": 128, "optimizer": "sgd"}
            | {"momentum": 0.9, "nesterov": True},
        ),
        (
            "MLP with 2 hidden layers of 200 units, no weight decay, MSE, dropout off",
            {"architecture": "mlp", "layers": 2, "width": 200, "weight_decay": 0.0, "loss": "mse", "dropout": 0.0},
        ),
        (
            "trained on 40% of x*y mod 59",
            {"train_fraction": 0.4, "task_family": "modular", "operation": "mul"} | {"modulus": 59},
        ),
        (
            "S5, 1000 samples, warmup 10 steps, betas (0.9, 0.98)",
            {"task_family": "permutation", "train_size": 1000, "warmup_steps": 10.0, "beta1": 0.9, "beta2": 0.98},
        ),
        (
            "ResNet-18 on CIFAR-10, 5% label noise",
            {"architecture": "resnet", "task_family": "cifar", "label_noise": 0.05},
        ),
        ("hidden_sizes=[200, 200],lr=1e-3", {"layers": 2, "width": 200, "learning_rate": 1e-3}),
        (
            "opt=AdamW(lr=1e-3, betas=(0.9, 0.98)),p=97",
            {"optimizer": "adamw", "learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.98, "modulus": 97},
        ),
    ],
)
def test_a_description_says_fields(text: str, read: dict[str, object]) -> None:
    reading = read_context(stated_context([text]))
    assert reading.context.as_dict() == read
    assert reading.warnings == ()
    assert len(reading.notes) >= 1  # what was taken for what
    assert read_context({"description": text}).context == reading.context or text.count("=") > 1


@pytest.mark.parametrize(
    ("text", "read", "unread"),
    [
        ("lr 0.1, batch norm, ReLU", {"learning_rate": 0.1}, '"batch norm"'),
        ("AdamW λ=1", {"optimizer": "adamw"}, '"λ=1"'),
        ("Adam and SGD, lr 0.1", {"learning_rate": 0.1}, 'context.optimizer is given twice ("Adam", "SGD")'),
        ("lr 0.1, not Adam", {"learning_rate": 0.1}, '"not Adam"'),
        ("alpha 8, lr 0.1", {"learning_rate": 0.1}, '"alpha 8" is not read: if it is init_scale'),
        ("parity, d=40", {"task_family": "parity"}, '"d=40" is not read: if it is width'),
        ("MLP 784-300-100-10", {"architecture": "mlp", "layers": 2, "classes": 10}, "not read as a width"),
        ("eval every 100 steps, lr 0.1, 128-dimensional", {"learning_rate": 0.1}, '"128-dimensional"'),
        ("5% of the labels, lr 0.1", {"learning_rate": 0.1}, "5%"),
        ("train 30% test 70%", {"train_fraction": 0.3}, '"test 70%"'),
        ("add noise, lr 0.1", {"learning_rate": 0.1}, '"add noise"'),
        ("lr 0.1, lr 0.2, p 97", {"modulus": 97}, "context.learning_rate is given twice"),
    ],
)
def test_what_a_description_leaves_open_is_named(text: str, read: dict[str, object], unread: str) -> None:
    reading = read_context({"description": text})
    assert reading.context.as_dict() == read
    assert unread in " ".join(reading.warnings)


def test_words_of_which_none_is_understood_are_refused() -> None:
    with pytest.raises(InvalidInput, match="1L transformer, d_model 128"):
        stated_context(["my best run"])


@settings(max_examples=200, deadline=1000)
@given(st.text(alphabet="1a e-.,=(x\n[%/", max_size=1000))
def test_any_description_is_read_soon(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        read_context({"description": text})


@pytest.mark.parametrize(
    "part",
    ["mlp ", "{", "1-", "Z/", "a:\n- - ", "Dense(1) ", "no dropout or ", "5% of the training ", "of the all ", "lr, "],
)
def test_what_is_said_again_and_again_is_read_soon(part: str) -> None:
    began = time.process_time()
    read_context({"description": (part * 3000)[:3000]})
    assert time.process_time() - began < 1


def test_layers_without_sizes_are_no_network() -> None:
    for text in ("Dense(), Dense(1), lr 0.1", "Linear(1, 2), Dense(x), lr 0.1", "Dense(a), Dense(b), lr 0.1"):
        assert read_context({"description": text}).context.layers is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2-layer ReLU MLP, 256 hidden", {"architecture": "mlp", "layers": 2, "width": 256}),
        ("4 layers x 256, minibatches of 64", {"layers": 4, "width": 256, "batch_size": 64}),
        ("MLP(194, 256, 97)", {"architecture": "mlp", "layers": 1, "width": 256, "classes": 97}),
        ("half the data, batch size: all", {"train_fraction": 0.5}),
        ("30/70 train/test split", {"train_fraction": 0.3}),
        ("train on 512 examples, test on 2000", {"train_size": 512, "val_size": 2000}),
        ("train size 30 percent", {"train_fraction": 0.3}),
        (
            "\u03b7=5\u00b710\u207b\u2074, \u03b2\u2081=0.9, \u03b2\u2082=0.98",
            {"learning_rate": 5e-4, "beta1": 0.9, "beta2": 0.98},
        ),
        ("Adam(model.parameters(), 1e-3)", {"optimizer": "adam", "learning_rate": 1e-3}),
        ("rmsprop 1e-3, L2 regularisation 1e-4", {"optimizer": "rmsprop", "learning_rate": 1e-3, "weight_decay": 1e-4}),
        ("lr \u2248 1e-3, weight decay not used", {"learning_rate": 1e-3, "weight_decay": 0.0}),
        ("learing rate 0,001, wieght decay of 1", {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ("10% corrupted labels, we don't use dropout", {"label_noise": 0.1, "dropout": 0.0}),
        ("d=128, 4 heads", {"architecture": "transformer", "embedding_dim": 128}),
        ("modular addition p=97", {"task_family": "modular", "operation": "add", "modulus": 97}),
        ("SGD + momentum 0.9 + wd 5e-4", {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 5e-4}),
        ("learning rate: 1x10-3, betas 0.9 0.98", {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.98}),
        ("MNIST: 3-layer MLP", {"task_family": "mnist", "architecture": "mlp", "layers": 3}),
        ("MLP with hidden layers [200, 200]", {"architecture": "mlp", "layers": 2, "width": 200}),
        ("adamw 1e-3 wd 1", {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1.0}),
        ("weight-decay coefficient 1, keine Momentum", {"weight_decay": 1.0, "momentum": 0.0}),
        ("weight decay = 1 (0.01 by default)", {"weight_decay": 1.0}),
        ("a\u00b7b\u207b\u00b9 (mod 97)", {"task_family": "modular", "operation": "div", "modulus": 97}),
        (
            "Modulare Addition mod 97, Transformer mit zwei Schichten, Lernrate 0,001, Gewichtszerfall 1",
            {"task_family": "modular", "operation": "add", "modulus": 97, "architecture": "transformer"}
            | {"layers": 2, "learning_rate": 1e-3, "weight_decay": 1.0},
        ),
        (
            "taux d'apprentissage 1e-3, d\u00e9croissance des poids 1, optimiseur AdamW, deux couches",
            {"learning_rate": 1e-3, "weight_decay": 1.0, "optimizer": "adamw", "layers": 2},
        ),
        (
            "\u6a21\u52a0\u6cd5 p=97\uff0c\u5b66\u4e60\u7387 1e-3\uff0c\u6743\u91cd\u8870\u51cf 1.0\uff0c\u4e24\u5c42 Transformer",
            {"task_family": "modular", "operation": "add", "modulus": 97, "architecture": "transformer"}
            | {"layers": 2, "learning_rate": 1e-3, "weight_decay": 1.0},
        ),
    ],
)
def test_a_description_in_further_words(text: str, read: dict[str, object]) -> None:
    for reading in (read_context(stated_context([text])), read_context({"description": text})):
        assert reading.context.as_dict() == read
        assert not any("given twice" in warning for warning in reading.warnings)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("lr of $10^{-3}$, 10^5 steps", {"learning_rate": 1e-3, "budget_step": 100_000}),
        ("adam w/ wd=1", {"optimizer": "adam", "weight_decay": 1.0}),
        ("50k steps after 500 steps of linear warmup", {"budget_step": 50_000, "warmup_steps": 500.0}),
        ("lr 1e-3 with a 10-step linear warmup", {"learning_rate": 1e-3, "warmup_steps": 10.0}),
        ("500 steps warmup, then 20k steps", {"budget_step": 20_000, "warmup_steps": 500.0}),
        ("layer normalization is removed, dropout no", {"layer_norm": False, "dropout": 0.0}),
        ("without dropout or weight decay", {"dropout": 0.0, "weight_decay": 0.0}),
        ("no dropout, weight decay set to 0.1", {"dropout": 0.0, "weight_decay": 0.1}),
        ("weight decay parameter \u03bb = 1, dropout (0.1)", {"weight_decay": 1.0, "dropout": 0.1}),
        ("labels of 10% of the training examples are replaced at random", {"label_noise": 0.1}),
        ("10% of the labels are randomly flipped", {"label_noise": 0.1}),
        ("25k of the 50k samples for training", {"train_size": 25_000}),
        ("80% of the 9,409 possible pairs", {"train_fraction": 0.8}),
        ("data split 0.3/0.7", {"train_fraction": 0.3}),
        ("40:60 split", {"train_fraction": 0.4}),
        ("10,000 samples, of which 30% are used for training", {"train_fraction": 0.3}),
        ("of all 9409 pairs a random 30% subset", {"train_fraction": 0.3}),
        ("the test set has 4096 examples, 512 training examples", {"val_size": 4096, "train_size": 512}),
        ("validation every 100 steps on 1000 samples", {"val_size": 1000}),
        ("lr of 3e-4 after 2000 warmup steps", {"learning_rate": 3e-4, "warmup_steps": 2000.0}),
        ("embedding of size 64, a hidden layer of size 256", {"embedding_dim": 64, "width": 256}),
        ("2x200 mlp", {"architecture": "mlp", "layers": 2, "width": 200}),
        ("MLP [256, 256]", {"architecture": "mlp", "layers": 2, "width": 256}),
        ("a - b (mod 59)", {"task_family": "modular", "operation": "sub", "modulus": 59}),
        ("addition in Z/97Z", {"task_family": "modular", "operation": "add", "modulus": 97}),
        ("modular addition of three numbers", {"task_family": "modular"}),
        ("dmodel = 128, op:/ p:97", {"embedding_dim": 128, "operation": "div", "modulus": 97}),
        ("AdamW (not SGD)", {"optimizer": "adamw"}),
        (
            "Architecture: Transformer\nEmbedding: 64\nMLP: 512",
            {"architecture": "transformer", "embedding_dim": 64, "width": 512},
        ),
        ("n = 512 hidden units, L=3 layers", {"width": 512, "layers": 3}),
        ("12769 pairs in total, 0.3 of the data", {"train_fraction": 0.3}),
        ("betas are 0.9 and 0.98, 113-way classification", {"beta1": 0.9, "beta2": 0.98, "classes": 113}),
        ("gradient descent with AdamW", {"optimizer": "adamw"}),
        (
            "transformer, d_model 128, 512 units in the MLP",
            {"architecture": "transformer", "embedding_dim": 128, "width": 512},
        ),
        ("d=128,ff=512", {"architecture": "transformer", "embedding_dim": 128, "width": 512}),
        ("wd 1, 30% of the data", {"weight_decay": 1.0, "train_fraction": 0.3}),
        ("learning rate is annealed by a cosine from 1e-3 to 1e-5", {"learning_rate": 1e-3}),
        ("| lr | 1e-3 |\n| p | 97 |", {"learning_rate": 1e-3, "modulus": 97}),
        ("lr \u2192 1e-3, optim.name=sgd", {"learning_rate": 1e-3, "optimizer": "sgd"}),
        ("tx = optax.chain(optax.clip(1.0), optax.adamw(3e-4))", {"optimizer": "adamw", "learning_rate": 3e-4}),
        (
            "model = nn.Sequential(nn.Linear(194, 256), nn.ReLU(), nn.Linear(256, 97))",
            {"architecture": "mlp", "layers": 1, "width": 256, "classes": 97},
        ),
        (
            "(0): Linear(in_features=9, out_features=8, bias=True)\n(1): ReLU()\n(2): Linear(in_features=8, out_features=2, bias=True)",
            {"architecture": "mlp", "layers": 1, "width": 8, "classes": 2},
        ),
        (
            "Sequential([Dense(200, activation='relu'), Dense(10)])",
            {"architecture": "mlp", "layers": 1, "width": 200} | {"classes": 10},
        ),
        ("DataLoader(a, batch_size=64)\nval = DataLoader(b, batch_size=1000)", {"batch_size": 64}),
        ("optim:\n  name: adamw\n  lr: 1e-3", {"optimizer": "adamw", "learning_rate": 1e-3}),
        ('[optim]\nname = "sgd"\nlr = 0.1', {"optimizer": "sgd", "learning_rate": 0.1}),
        ("[optim]\nname = sgd\nlr = 0.1", {"optimizer": "sgd", "learning_rate": 0.1}),
        (
            "Zwei-Schichten-Transformer, 40 Prozent der Daten",
            {"architecture": "transformer", "layers": 2} | {"train_fraction": 0.4},
        ),
        (
            "\u30d0\u30c3\u30c1\u30b5\u30a4\u30ba512\u3001\u30c7\u30fc\u30bf\u306e50%\u3067\u5b66\u7fd2",
            {"batch_size": 512} | {"train_fraction": 0.5},
        ),
    ],
)
def test_a_description_as_papers_code_and_chats_have_it(text: str, read: dict[str, object]) -> None:
    for reading in (read_context(stated_context([text])), read_context({"description": text})):
        assert reading.context.as_dict() == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            "Conv2d(1, 6, 5), Linear(400, 120), Linear(120, 10), lr 0.1",
            {"architecture": "conv2d", "learning_rate": 0.1},
        ),
        ("Linear(10, 20) and Linear(30, 40), lr 0.1", {"learning_rate": 0.1}),
        ("30% randomly chosen, lr 0.1", {"learning_rate": 0.1}),
        ("Adam → AdamW after 1k steps, lr 0.1", {"learning_rate": 0.1}),
        ("model size 128, wd 1, 30%", {"weight_decay": 1.0}),
        ("Notes:\n- lr 1e-3\n- wd 1", {"learning_rate": 1e-3, "weight_decay": 1.0}),
    ],
)
def test_what_a_description_does_not_say_is_not_read_and_named(text: str, read: dict[str, object]) -> None:
    reading = read_context({"description": text})
    assert reading.context.as_dict() == read
    assert reading.warnings or text.startswith("Notes")


OF_ANOTHER = "is not of the run: left out"
SEVERAL = "has several values: a context is of one run"


@pytest.mark.parametrize(
    ("part", "why"),
    [
        *(
            (part, OF_ANOTHER)
            for part in ("lr decay 0.95", "ema decay 0.999", "momentum decay 0.9", "eval batch size 512")
        ),
        *((part, OF_ANOTHER) for part in ("min lr 1e-5", "logging steps 100", "head width 32", "teacher layers 3")),
        *((part, OF_ANOTHER) for part in ("memorised after 400 steps", "patience 10 epochs", "warmup epochs 10")),
        *((part, OF_ANOTHER) for part in ("accuracy 30% train", "30% train accuracy", "the first 1000 steps")),
        *((part, OF_ANOTHER) for part in ("decay steps 100", "within 400 steps", "more than 10k steps")),
        ("batch size 64 per GPU", "batch_size, of all devices together"),
        ("dropout 30", "expected a number in [0, 1]"),
        ("lr=[1e-3, 1e-4]", "a context is of one run"),
        *(
            (part, SEVERAL)
            for part in ("1-3 layers", "between 2 and 4 layers", "d_model 64 to 256", "batch size 64 or 128")
        ),
        ("lr 1e-3 for the embedding and 1e-4 for", SEVERAL),
        ("hold out 70% of the pairs", "train_fraction, 1 minus it"),
        *((part, SEVERAL) for part in ("lr 1e-3, 3e-3 and 1e-2", "wd between 0.1 and 1", "lr in {1e-3, 1e-4}")),
        *((part, SEVERAL) for part in ("30-40% of the data", "width 128/256/512")),
        ("validation fraction 0.7", "train_fraction, 1 minus it"),
    ],
)
def test_what_is_of_something_else_or_of_several_runs_is_no_field(part: str, why: str) -> None:
    reading = read_context({"description": f"MLP, {part}"})
    assert reading.context.as_dict() == {"architecture": "mlp"}
    (warning,) = reading.warnings
    assert f'"{part}" ' in warning
    assert why in warning


def test_a_field_that_a_text_assigns_twice_is_left_out() -> None:
    reading = read_context(stated_context(["p=97, p=113"]))
    assert reading.context.as_dict() == {}
    assert "context.modulus is given twice" in reading.warnings[0]


def test_blanks_between_the_words_of_a_text_are_as_one() -> None:
    given = {"description": "lr\t \t1e-3," + "\t" * 1200 + "weight   decay 1\n \n\n\t p = 97"}
    context = read_context(given).context
    assert (context.learning_rate, context.weight_decay, context.modulus) == (1e-3, 1, 97)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("previous run had wd=0.1; this one has wd=1, lr=1e-3", {"weight_decay": 1.0, "learning_rate": 1e-3}),
        (
            "in my last experiment I used SGD with lr 0.1, this time it's AdamW with lr 1e-3",
            {"optimizer": "adamw", "learning_rate": 1e-3},
        ),
        ("unlike Power et al. who used wd 1, I use wd 0.1", {"weight_decay": 0.1}),
        ("In contrast to [12], who set the decay to 0.01, we use a weight decay of λ = 1", {"weight_decay": 1.0}),
        ("Baselines were run without weight decay; our model has weight decay 1", {"weight_decay": 1.0}),
        ("the paper says wd=1 but I set wd=0.5", {"weight_decay": 0.5}),
        ("Before: Adam lr 1e-2. After: AdamW lr 1e-3", {"optimizer": "adamw", "learning_rate": 1e-3}),
        ("later we will try weight decay 0.1. currently lr 1e-3", {"learning_rate": 1e-3}),
        ("Should I use a weight decay of 1? lr 1e-3", {"learning_rate": 1e-3}),
        ("maybe dropout 0.1 would help; lr 1e-3", {"learning_rate": 1e-3}),
        ("we replaced Adam by AdamW, wd 1", {"optimizer": "adamw", "weight_decay": 1.0}),
        ("the teacher has width 5 and the student width 100, lr 1e-3", {"width": 100, "learning_rate": 1e-3}),
        ("lr = 1e-3\nwd = 1\n\nPrevious attempt:\nlr = 1e-2\nwd = 0", {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ("# lr = 1e-2\nlr = 1e-3\n# wd = 0", {"learning_rate": 1e-3}),
        ("~~lr 1e-2~~ lr 1e-3, <del>wd 1</del> wd 0.1", {"learning_rate": 1e-3, "weight_decay": 0.1}),
    ],
)
def test_what_a_text_says_of_other_runs_is_left_out(text: str, read: dict[str, object]) -> None:
    reading = read_context({"description": text})
    assert reading.context.as_dict() == read
    assert "~~" in text or any("is not of the run: left out" in warning for warning in reading.warnings)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("My last run: AdamW lr 1e-3 wd 1", {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1.0}),
        ("Could you forecast this? lr 1e-3, wd 1", {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ("Following Power et al., we use lr 1e-3 and wd 1.", {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ("I'm going to train this for 50k steps", {"budget_step": 50_000}),
        ("We will use a batch size of 512", {"batch_size": 512}),
        ("As in the previous section, lr 0.1", {"learning_rate": 0.1}),
        ("wd 1 now, later layers are frozen", {"weight_decay": 1.0}),
    ],
)
def test_what_sounds_like_another_run_and_is_this_one_is_read(text: str, read: dict[str, object]) -> None:
    assert read_context({"description": text}).context.as_dict() == read


@pytest.mark.parametrize(
    "part",
    [
        *(
            "top 5% of examples by loss are plotted",
            "the bottom 10% of samples are dropped",
            "more than 50% of the data",
        ),
        *("5% of the examples are outliers", "10% of samples misclassified", "80% of the data has the label 0"),
        *("removed 10% of the data as duplicates", "half of the points are in class 1", "test on 70%"),
        *(
            "no weight decay on biases",
            "dropout 0.1 in attention, 0.2 in the mlp",
            "wd 0.1 for matrices, 0 for vectors",
        ),
        *("weight decay is not applied to LayerNorm", "encoder lr 1e-5", "lr 1e-2 (head), 1e-4 (backbone)"),
        *("lr 1e-3 for 10k steps, then 1e-4", "wd 1 -> 0.1", "lr=1e-3|1e-4", "lr 1e-3/3e-4", "lr=1e-4..1e-2"),
        *("half of the usual lr 1e-3", "wd = 0.1 * lr", "lr = 3e-4 * sqrt(bs/256)", "batch 64 x 8 gpus"),
        *("micro batch 8", "at least 1000 training samples", "over 100k parameters", "of 14,400 pairs"),
        *("groks after about 10^4 steps", "--lr-decay-iters 1000", "--lr-warmup-fraction .01", "--lr 1e-3 1e-4"),
        *("90% of the data loading time is I/O", "20% of training time is evaluation", "30 % der Daten zum Testen"),
        *("warmup: 10%", "wd schedule: 0 to 0.1 over 1000 steps", "N=1000 D=784 K=10", "(32-64-128 channels)"),
        *("vielleicht später Dropout 0,1", "以后会试权重衰减0.1"),
        *("--eval.batch_size 512", "optimizer.lr=1e-3,1e-2 seed=1", "2-4 layer", "lr 1e-3 to 1e-2 in decades"),
    ],
)
def test_what_is_not_one_value_of_the_run_is_not_read(part: str) -> None:
    reading = read_context({"description": f"{part}; p = 97"})
    assert reading.context.as_dict() == {"modulus": 97}
    assert reading.warnings or part.startswith("of 14,400")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("three hundred and twelve training examples", {"train_size": 312}),
        ("1.2 million parameters, 10_000 steps", {"parameters": 1_200_000, "budget_step": 10_000}),
        ("50 000 steps, 1,5k samples", {"budget_step": 50_000, "train_size": 1500}),
        ("100.000 Schritte, ein Drittel der Daten", {"budget_step": 100_000, "train_fraction": 0.333333}),
        ("训练10万步，单层Transformer", {"budget_step": 100_000, "architecture": "transformer", "layers": 1}),
        ("100 тысяч шагов, без дропаута", {"budget_step": 100_000, "dropout": 0.0}),
        ("ドロップアウトなし、学習データは全体の30%", {"dropout": 0.0, "train_fraction": 0.3}),
        (
            "la moitié des données, sans weight decay ni dropout",
            {"train_fraction": 0.5, "weight_decay": 0.0, "dropout": 0.0},
        ),
        ("two fifths of the table", {"train_fraction": 0.4}),
        ("lr about 3e-4, bs around 256, 1 e-2 wd", {"learning_rate": 3e-4, "batch_size": 256, "weight_decay": 0.01}),
        ("width = 4*128, lr 2*1e-3", {"width": 512, "learning_rate": 2e-3}),
        ("lr 1e-3 → 1e-4 (cosine)", {"learning_rate": 1e-3}),
        ("wd was 1, now 0.1", {"weight_decay": 0.1}),
        ("cosine from 1e-3 down to 0 with 1k warmup", {"learning_rate": 1e-3, "warmup_steps": 1000.0}),
        ("200 epochs, 100 steps each", {"budget_step": 20_000, "steps_per_epoch": 100.0}),
        ("step 30,000 of 100,000; 4k train / 1k test", {"budget_step": 100_000, "train_size": 4000, "val_size": 1000}),
        ("initialised 8 times larger than usual", {"init_scale": 8.0}),
        ("lr: float = 1e-3\nuse_ln: bool = False", {"learning_rate": 1e-3, "layer_norm": False}),
        ("- **Learning rate**: `1e-3`\n- **Steps**: 100,000", {"learning_rate": 1e-3, "budget_step": 100_000}),
        (r"Learning rate & $10^{-3}$ \\ Weight decay & 1 \\", {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ("lr := 0.001\nwd <- 1", {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ("mod97_lr0.001-wd1_bs512", {"modulus": 97, "learning_rate": 1e-3, "weight_decay": 1.0, "batch_size": 512}),
        ("args = {'lr': 1e-3, 'model': 'mlp'}", {"learning_rate": 1e-3, "architecture": "mlp"}),
        ("--adam-betas '(0.9, 0.98)' --max-update 50000", {"beta1": 0.9, "beta2": 0.98, "budget_step": 50_000}),
        (
            "optax.chain(optax.scale_by_adam(b2=0.99), optax.add_decayed_weights(1e-2), optax.scale(-1e-3))",
            {"optimizer": "adamw", "beta2": 0.99, "weight_decay": 0.01, "learning_rate": 1e-3},
        ),
        (
            "(embed): Embedding(99, 64)\n(lstm): LSTM(64, 128, num_layers=2)\n(fc): Linear(in_features=128, out_features=2)",
            {"architecture": "lstm", "layers": 2, "width": 128, "embedding_dim": 64},
        ),
        ("η = 10⁻³, weight decay 10⁻²", {"learning_rate": 1e-3, "weight_decay": 0.01}),
        ("x²+y² mod 97; x³+xy mod 97; lr 0.1", {"task_family": "modular", "modulus": 97, "learning_rate": 0.1}),
        ("10k points, 30% for training", {"train_fraction": 0.3}),
        ("3830/12769 pairs for training", {"train_size": 3830}),
        ("lr & wd: 1e-3 & 1", {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ("hidden layers of 512, 256 and 128 units", {"layers": 3}),
        ("neither dropout nor weight decay, lr 0.1", {"dropout": 0.0, "weight_decay": 0.0, "learning_rate": 0.1}),
        ("vorher Lernrate 0,1, jetzt Lernrate 0,01.", {"learning_rate": 0.01}),
        (
            "128 dim embeddings, 512 dim mlp, 4 heads",
            {"architecture": "transformer", "embedding_dim": 128, "width": 512},
        ),
        ("(a**2 + b**2) % 97", {"task_family": "modular", "operation": "x2_y2", "modulus": 97}),
        ("adam w lr 1e-3, transfomer", {"optimizer": "adam", "learning_rate": 1e-3, "architecture": "transformer"}),
    ],
)
def test_numbers_signs_and_code_in_a_description(text: str, read: dict[str, object]) -> None:
    for reading in (read_context(stated_context([text])), read_context({"description": text})):
        assert reading.context.as_dict() == read


def test_sizes_of_several_networks_are_of_none() -> None:
    for text in (
        "We compare an MLP (width 256) with a transformer (d_model 128), wd 1",
        "Both models use wd 1; the MLP has 512 hidden units, the transformer d_model = 128",
    ):
        reading = read_context({"description": text})
        assert reading.context.as_dict() == {"weight_decay": 1.0}
        assert "of which network?" in " ".join(reading.warnings)


@pytest.mark.parametrize("text", ["width=256, 512", "width = 256, 512, 1024", "width=256,512"])
def test_widths_without_brackets_are_no_layers(text: str) -> None:
    reading = read_context(stated_context([text]))
    assert reading.context.as_dict() == {}
    assert reading.warnings


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("AdamW(0.9, 0.98), wd=1 (decoupled)", {"optimizer": "adamw", "beta1": 0.9, "beta2": 0.98, "weight_decay": 1.0}),
        ("Sequential([Dense(512, input_shape=(784,)), Dense(512), Dense(10)])", {"architecture": "mlp", "layers": 2, "width": 512, "classes": 10}),
        ("clf = MLPClassifier(hidden_layer_sizes=(100, 100), solver='adam')", {"architecture": "mlp", "layers": 2, "width": 100, "optimizer": "adam"}),
        ("HfArgumentParser: TrainingArguments(adam_beta1=0.9, adam_beta2=0.999)", {"beta1": 0.9, "beta2": 0.999}),
        ("~30% of 113^2 pairs, AdamW lr 10^-2.5", {"train_fraction": 0.3, "optimizer": "adamw", "learning_rate": 0.00316228}),
        ("grad accumulation 4, batch size 16 (so 64 effective)", {"batch_size": 64}),
        ("d=128, L=2, H=4, p 113", {"architecture": "transformer", "layers": 2, "embedding_dim": 128, "modulus": 113}),
        ("lr warmup 10 then constant 1e-3", {"warmup_steps": 10.0, "learning_rate": 1e-3}),
        ("lr starts at 1e-3, min 1e-6", {"learning_rate": 1e-3}),
        ("SGD+Nesterov 0.9, lr 0.05", {"optimizer": "sgd", "nesterov": True, "momentum": 0.9, "learning_rate": 0.05}),
        ("Train: 48k, Val: 12k, Test: 10k", {"train_size": 48_000, "val_size": 12_000}),
        ("n = 1200 cells for training", {"train_size": 1200}),
        ("200 wide, 3 deep, init*8", {"width": 200, "layers": 3, "init_scale": 8.0}),
        ("(lr, wd, bs) = (1e-3, 1.0, 512)", {"learning_rate": 1e-3, "weight_decay": 1.0, "batch_size": 512}),
        ("CIFAR-10 resnet18, 45k/5k split", {"task_family": "cifar", "architecture": "resnet", "train_size": 45_000, "val_size": 5000}),
        ("Z_97 addition table, 3000 of 9409 cells for training", {"task_family": "modular", "operation": "add", "modulus": 97, "train_size": 3000}),
        ("Learning rate\n0.001\nWeight decay\n1.0\nNotes\nnone", {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ("drei Schichten", {"layers": 3}),
        ("30% of all 113\u00b7113 pairs", {"train_fraction": 0.3}),
        ("bs=64, 938 it/epoch, 50 epochs", {"batch_size": 64, "steps_per_epoch": 938.0, "budget_step": 46_900}),
        ("kept 1,000 of the 60,000 MNIST training images", {"task_family": "mnist", "train_size": 1000}),
        ("train/test = 3/7, AdamW @ 1e-3", {"train_fraction": 0.3, "optimizer": "adamw", "learning_rate": 1e-3}),
        ("optim: {name: AdamW, lr: 0.001}\nmodel: {name: mlp, width: 256}", {"optimizer": "adamw", "learning_rate": 1e-3, "architecture": "mlp", "width": 256}),
        ("params = dict(lr=1e-3, layers=[256, 256])", {"learning_rate": 1e-3, "layers": 2, "width": 256}),
        ("\u4e24\u5c42 MLP\uff0c\u6bcf\u5c42 256 \u4e2a\u795e\u7ecf\u5143\uff0c\u6279\u91cf 64", {"architecture": "mlp", "layers": 2, "width": 256, "batch_size": 64}),
        ("1L tf d=128 h=4 mlp=512", {"architecture": "transformer", "layers": 1, "embedding_dim": 128, "width": 512}),
        ("mine: AdamW/1e-3/wd1.0/b512/p97", {"optimizer": "adamw", "weight_decay": 1.0, "modulus": 97}),
        ("lr=1e-3 [default], wd=0.1 [ours]", {"learning_rate": 1e-3, "weight_decay": 0.1}),
        ("the original uses d_model=128; I halved it. lr=1e-3", {"learning_rate": 1e-3}),
        ("width doubled to 256, lr_init 1e-3", {"width": 256, "learning_rate": 1e-3}),
        ("{'optimizer': AdamW(lr=0.001, weight_decay=1.0), 'batch_size': 512}", {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1.0, "batch_size": 512}),
        ("2 layers / 2 heads / 64 emb, label = (a+b)%59", {"architecture": "transformer", "layers": 2, "embedding_dim": 64, "task_family": "modular", "operation": "add", "modulus": 59}),
        ("lambda = 0.01 L2, alpha = 0.1 learning rate, m = 500 training examples", {"weight_decay": 0.01, "learning_rate": 0.1, "train_size": 500}),
        ("hparams:\nlr: !!float 1e-3\nwd: &wd 1.0", {"learning_rate": 1e-3, "weight_decay": 1.0}),
        ("3 hidden layers: 512-256-128", {"layers": 3}),
        ("MLP \u00e0 3 couches de 256; \u0431\u0430\u0442\u0447 64; \u6a21\u6570 97", {"architecture": "mlp", "layers": 3, "width": 256, "batch_size": 64, "modulus": 97}),
        ("mod add 113", {"task_family": "modular", "operation": "add", "modulus": 113}),
        ("trained on one percent of the data", {"train_fraction": 0.01}),
        ("* Task: addition mod 97\n* Width: 128", {"task_family": "modular", "operation": "add", "modulus": 97, "width": 128}),
        ("x*y mod 97 // 2 layer // wd 0.1", {"task_family": "modular", "operation": "mul", "modulus": 97, "layers": 2, "weight_decay": 0.1}),
        ("Lernrate 0,001; Weight Decay 1,0; Modul 97", {"learning_rate": 1e-3, "weight_decay": 1.0, "modulus": 97}),
        ("Stapelgr\u00f6\u00dfe 512, zwei verdeckte Schichten mit je 200 Neuronen", {"batch_size": 512, "layers": 2, "width": 200}),
        ("taxa de aprendizado de 1e-3, SGD con momento 0,9", {"learning_rate": 1e-3, "optimizer": "sgd", "momentum": 0.9}),
        ("\u0434\u0432\u0430 \u0441\u043b\u043e\u044f, \u8bad\u7ec3\u96c6\u6bd4\u4f8b 30%", {"layers": 2, "train_fraction": 0.3}),
    ],
)  # fmt: skip
def test_a_description_as_further_people_have_it(text: str, read: dict[str, object]) -> None:
    for reading in (read_context(stated_context([text])), read_context({"description": text})):
        assert reading.context.as_dict() == read


@pytest.mark.parametrize(
    "part",
    [
        *("base width 256", "width multiplier 2, base width 256", "linear regression in d=100", "frac 0.3 of weights pruned"),
        *("lr = 1e-3 if warm else 1e-4", "val acc 1% after 10k, train 100%", "mod peptides, 97 residues", "x y"),
        *("weight decay 0.01 initially, later raised to 1.0", "lr 1e-3 at first, afterwards 1e-4"),
        *("a forecast of horizon h=12", "/ 1e-3 /", "* 97 *"),
        "tokens per batch 512*3",
        *("gradient accumulation steps: 8, batch size 16", "train 98%, val acc 2%", "wd = 0 if use_ln else 1"),
    ],
)  # fmt: skip
def test_what_sounds_like_a_field_and_is_none_is_not_read(part: str) -> None:
    reading = read_context({"description": f"seed 3; dropout 0.1; {part}"})
    assert reading.context.as_dict() == {"dropout": 0.1}
    assert reading.warnings
