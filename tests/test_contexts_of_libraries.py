"""Contexts as libraries, command lines and people of other fields write them: what they say, and what they do not."""

import pytest

from grokcast.stated_context import stated_context
from training_runs.context_words import read_context, read_hyperparameters


@pytest.mark.parametrize(
    ("text", "read"),
    [
        # Names that mean another thing in a library.
        (
            "MLPClassifier(alpha=0.001, hidden_layer_sizes=(256, 256), learning_rate_init=0.01, max_iter=500, solver='sgd')",
            {"architecture": "mlp", "layers": 2, "width": 256, "learning_rate": 0.01, "optimizer": "sgd"},
        ),
        (
            "PPO, lr 3e-4, n_steps 2048, batch_size 64, n_epochs 10, gae_lambda 0.95",
            {"learning_rate": 3e-4, "batch_size": 64},
        ),
        (
            "sklearn MLP, hidden_layer_sizes=(100,), lr .1",
            {"architecture": "mlp", "layers": 1, "width": 100, "learning_rate": 0.1},
        ),
        (
            "Chain(Dense(194 => 256, relu), Dense(256 => 97))",
            {"architecture": "mlp", "layers": 1, "width": 256, "classes": 97},
        ),
        (
            "Chain(Dense(194, 256, relu), Dense(256, 97))",
            {"architecture": "mlp", "layers": 1, "width": 256, "classes": 97},
        ),
        (
            "P = 1200 patterns, N = 512 hidden neurons, eta = 0.05",
            {"train_size": 1200, "width": 512, "learning_rate": 0.05},
        ),
        (
            "trainingOptions('sgdm', 'InitialLearnRate', 0.01, 'L2Regularization', 1e-4, 'MiniBatchSize', 64)",
            {"optimizer": "sgd", "learning_rate": 0.01, "weight_decay": 1e-4, "batch_size": 64},
        ),
        ("tf.train.AdamOptimizer(1e-4), Dropout(0.2)", {"optimizer": "adam", "learning_rate": 1e-4, "dropout": 0.2}),
        (
            "eqx.nn.MLP(in_size=2, out_size=3, width_size=256, depth=2)",
            {"architecture": "mlp", "width": 256, "layers": 2},
        ),
        # Numbers that are none, or not the run's.
        ("wd 1, p = 9 7", {"weight_decay": 1}),
        ("35000 iterations so far, lr 5e-4", {"learning_rate": 5e-4}),
        ("bs=4096//8=512, lr=1e-3", {"batch_size": 512, "learning_rate": 1e-3}),
        ("batch 4096//8, lr 1e-3", {"learning_rate": 1e-3}),
        ("bs 32 per gpu, lr 0.1", {"learning_rate": 0.1}),
        ("bs 0.5M tokens, lr 0.1", {"learning_rate": 0.1}),
        ("lr 1e-3 on GPU 0, 1e-2 on GPU 1; wd 1", {"weight_decay": 1}),
        ("learning rate of 3 times ten to the minus four", {"learning_rate": 3e-4}),
        ("η₀ = 0.1, wd 1", {"learning_rate": 0.1, "weight_decay": 1}),
        ("lr 0.1, 9312 equations, half for training", {"learning_rate": 0.1, "train_fraction": 0.5}),
        ("no wd, lr 0.1; will add wd 1 if it does not grok", {"weight_decay": 0, "learning_rate": 0.1}),
        ("p=59, 62.5 % der Tabelle zum Trainieren", {"modulus": 59, "train_fraction": 0.625}),
        ("1k of the 60k MNIST digits", {"task_family": "mnist", "train_size": 1000}),
        ("5000 images, 4000 for training and 1000 for validation", {"train_size": 4000, "val_size": 1000}),
        ("lr 0.1, validation set: 20% of 5000 images", {"learning_rate": 0.1}),
        ("60-20-20 split, lr 0.1", {"train_fraction": 0.6, "learning_rate": 0.1}),
        ("train/val/test = 70/15/15, lr 0.1", {"train_fraction": 0.7, "learning_rate": 0.1}),
        ("10 classes with 100 images per class", {"classes": 10}),
        ("1e6 samples seen in total, bs 100", {"batch_size": 100}),
        ("lr 0.1, dropout .1 on embeddings only", {"learning_rate": 0.1}),
        ("lr 0.1, layernorm gains are fixed", {"learning_rate": 0.1}),
        ("batch 64 (effective 512 with 8 accumulation)", {"batch_size": 512}),
        ("training on thirty percent, lr_warmup=1000", {"train_fraction": 0.3, "warmup_steps": 1000}),
        # Signs between and around settings.
        ("wandb: lr 0.001 | wd 1 | prime 97", {"learning_rate": 1e-3, "weight_decay": 1, "modulus": 97}),
        ("- **Data**: 30% train\n- **Steps**: 25k", {"train_fraction": 0.3, "budget_step": 25_000}),
        (r"$\text{lr}=5\mathrm{e}{-4}$, wd 1", {"learning_rate": 5e-4, "weight_decay": 1}),
        ("(40,3)-sparse parity with 1000 strings", {"task_family": "parity", "train_size": 1000}),
        ("lr 0.1, 2k warmup", {"learning_rate": 0.1, "warmup_steps": 2000}),
        ("4 layers decoder, d=256", {"architecture": "transformer", "layers": 4, "embedding_dim": 256}),
        ("sem regularização, lote de 128", {"weight_decay": 0, "batch_size": 128}),
        ("lr는 0.001, 트랜스포머 2층", {"learning_rate": 1e-3, "architecture": "transformer", "layers": 2}),
        ("entraîné sur 40 % des paires", {"train_fraction": 0.4}),
    ],
)
def test_what_a_text_says_and_no_more(text: str, read: dict[str, object]) -> None:
    for reading in (read_context({"description": text}), read_context(stated_context([text]))):
        assert reading.context.as_dict() == pytest.approx(read)


def test_settings_of_scikit_learn_and_of_rollouts_give_no_budget() -> None:
    learner = {"hidden_layer_sizes": [100], "learning_rate_init": 0.01, "max_iter": 500, "solver": "adam"}
    rollouts = {"gae_lambda": 0.95, "n_steps": 2048, "learning_rate": 3e-4}
    for fields in (learner, rollouts):
        assert read_context(fields).context.budget_step is None
        assert read_hyperparameters(fields, "params").context.budget_step is None
    assert read_context(learner | {"steps_per_epoch": 10}).context.budget_step == 5000
    assert read_context({"max_iter": 500, "n_steps": 500, "lr": 0.1}).context.budget_step == 500
    (warning,) = (w for w in read_context(rollouts).warnings if "n_steps" in w)
    assert "if it is budget_step, call it so" in warning


def test_components_name_what_their_object_is() -> None:
    fields = {"optimizer": {"_component_": "torch.optim.AdamW", "lr": 2e-5}}
    assert read_context(fields).context.as_dict() == {"optimizer": "adamw", "learning_rate": 2e-5}
