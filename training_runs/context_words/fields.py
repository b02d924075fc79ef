"""Other people's names of the fields of a context."""

import dataclasses
import difflib
import re
from functools import lru_cache

from training_runs.context import Context
from training_runs.context_words.plain_text import in_english

FIELDS = tuple(field.name for field in dataclasses.fields(Context))

# Field -> its other names, in lower case with underscores. Only what is certain:
# `per_device_train_batch_size` is one device's of many, and `alpha` is three things in three papers.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "task_family": ("task", "dataset", "data", "dataset_name", "task_name", "problem", "family"),
    "operation": ("op", "operator", "binary_operation", "operation_name", "op_name", "fn_name", "math_operator"),
    "modulus": ("p", "prime", "mod", "modulo"),
    "classes": ("num_classes", "n_classes", "n_class", "nb_classes", "num_labels", "n_labels"),
    "chance_accuracy": ("chance", "chance_acc", "chance_level", "random_accuracy", "baseline_accuracy"),
    "train_size": ("n_train", "num_train", "ntrain", "train_samples", "n_train_samples", "num_train_samples")
    + (
        "training_samples",
        "train_points",
        "train_set_size",
        "num_train_examples",
        "training_size",
        "training_set_size",
    ),
    "val_size": (
        "n_val",
        "num_val",
        "n_valid",
        "val_samples",
        "n_val_samples",
        "num_val_samples",
        "n_test",
        "num_test",
    ),
    "train_fraction": ("p_train", "train_frac", "frac", "frac_train", "fraction", "training_fraction", "fraction_train")
    + (
        "train_ratio",
        "train_split",
        "training_split",
        "train_pct",
        "train_percent",
        "train_percentage",
        "training_frac",
        "data_fraction",
        "train_data_fraction",
        "training_data_fraction",
        "train_data_pct",
        "train_data_percent",
    ),
    "architecture": ("arch", "model", "model_type", "model_name", "network", "net", "network_type", "backbone"),
    "layers": ("n_layers", "num_layers", "n_layer", "nlayers", "num_hidden_layers", "n_blocks", "num_blocks", "blocks")
    + ("depth", "n_hidden_layers", "hidden_layers"),
    "width": ("d_mlp", "d_ff", "ffn_dim", "ff_dim", "mlp_dim", "d_ffn", "dim_feedforward", "n_inner")
    + ("intermediate_size", "ffn_hidden_size", "n_hidden", "n_units", "hidden_units", "hidden_width")
    + (
        "n_hidden_units",
        "num_hidden_units",
        "mlp_width",
        "mlp_hidden_dim",
        "mlp_size",
        "ff",
        "feedforward_dim",
        "feed_forward_dim",
        "width_size",
    ),
    "embedding_dim": ("d_model", "n_embd", "model_dim", "embed_dim", "d_embed", "emb_dim", "embedding_size", "d_emb")
    + (
        "embd_dim",
        "embed_size",
        "dim_model",
        "n_embed",
        "embedding_dimension",
        "model_dimension",
        "embedding",
        "embeddings",
        "emb",
    ),
    "parameters": (
        "n_params",
        "num_params",
        "params",
        "n_parameters",
        "num_parameters",
        "parameter_count",
    ),
    "optimizer": ("optim", "optimizer_name", "opt", "optimiser", "optimizer_type", "optim_name", "solver"),
    "learning_rate": (
        "lr",
        "lr_init",
        "lr_start",
        "start_lr",
        "base_lr",
        "max_lr",
        "lr_max",
        "peak_lr",
        "initial_lr",
        "lr0",
        "step_size",
    )
    + (
        "learning_rate_init",
        "eta",
        "learn_rate",
        "initial_learn_rate",
        "init_lr",
        "initial_learning_rate",
        "peak_value",
        "peak_learning_rate",
        "base_learning_rate",
        "max_learning_rate",
    ),
    "weight_decay": ("wd", "weightdecay", "l2", "l2_decay", "l2_regularization"),
    "batch_size": (
        "bs",
        "bsz",
        "batch",
        "batchsize",
        "train_batch_size",
        "mini_batch_size",
        "minibatch_size",
        "minibatch",
        "global_batch_size",
        "effective_batch_size",
        "total_batch_size",
    ),
    "init_scale": ("weight_scale", "init_alpha", "initialization_scale", "initialisation_scale"),
    "loss": ("criterion", "loss_fn", "loss_function", "loss_type", "loss_name", "lossfn"),
    "dropout": ("dropout_rate", "dropout_p", "p_dropout", "drop_rate", "p_drop", "dropout_prob", "dropout_probability"),
    "label_noise": ("noise_rate", "label_corruption", "corruption", "frac_corrupted", "noisy_labels"),
    "budget_step": ("steps", "max_steps", "total_steps", "num_steps", "n_steps", "training_steps", "train_steps")
    + ("max_iters", "max_iter", "iterations", "num_iterations", "n_iters", "budget", "budget_steps", "max_train_steps")
    + ("num_training_steps", "num_train_steps", "n_train_steps", "total_iterations")
    + (
        "optimization_steps",
        "optimisation_steps",
        "optim_steps",
        "num_updates",
        "n_updates",
        "max_updates",
        "gradient_steps",
        "max_update",
        "train_iters",
    ),
    "steps_per_epoch": ("updates_per_epoch", "batches_per_epoch", "iters_per_epoch", "iterations_per_epoch"),
    "beta1": ("beta_1", "adam_beta1", "b1"),
    "beta2": ("beta_2", "adam_beta2", "b2"),
    "momentum": ("sgd_momentum", "mom"),
    "nesterov": ("use_nesterov",),
    "warmup_steps": (
        "warmup",
        "num_warmup_steps",
        "warmup_iters",
        "warmup_updates",
        "warmup_num_steps",
        "lr_warmup_steps",
        "lr_warmup",
        "n_warmup_steps",
        "warm_up_steps",
    ),
    "layer_norm": ("layernorm", "use_layer_norm", "use_layernorm", "use_ln", "ln"),
}

# Hidden width of most networks, model width of a transformer.
MODEL_WIDTHS = ("width", "hidden_size", "hidden_dim", "hidden", "d_hidden", "hidden_dims", "hidden_dimension", "d")
# Names of a list with a size for each hidden layer.
SIZES = ("hidden_sizes", "hidden_layers", "hidden_layer_sizes", "hidden_widths", "widths")
BETAS = ("betas", "adam_betas", "beta")
EPOCHS = ("epochs", "num_epochs", "n_epochs", "max_epochs", "num_train_epochs", "ep")

# Names with several meanings, and what to call them instead.
AMBIGUOUS: dict[str, str] = {
    "alpha": "init_scale or train_fraction",
    "n": "train_size or modulus",
    "size": "train_size, width or parameters",
    "dim": "embedding_dim or width",
    "model_size": "parameters or embedding_dim",
    "noise": "label_noise",
    "k": "classes or layers",
    "dataset_size": "train_size",
    "n_samples": "train_size",
    "num_samples": "train_size",
    "test_size": "val_size, a whole number, or train_fraction",
    **dict.fromkeys(
        ("test_fraction", "test_frac", "test_split", "test_ratio", "val_fraction", "val_frac", "val_split", "val_ratio")
        + ("validation_fraction", "validation_split", "heldout_fraction", "holdout_fraction"),
        "train_fraction, 1 minus it",
    ),
    "decay": "weight_decay",  # Keras's is of the rate
    **dict.fromkeys(
        ("per_device_train_batch_size", "micro_batch_size", "micro_batch", "local_batch_size")
        + ("train_micro_batch_size_per_gpu", "batch_size_per_gpu"),
        "batch_size, of all devices together",
    ),
}

# Words before a name, in a sentence or in the path to it, that make it the name of another thing: `eval batch size`, `ema/decay`.
OF_OTHERS = frozenset(
    {
        "ema",
        "swa",
        "eval",
        "evaluation",
        "val",
        "valid",
        "validation",
        "test",
        "testing",
        "dev",
        "min",
        "minimum",
        "final",
    }
    | {
        "end",
        "logging",
        "log",
        "save",
        "saving",
        "checkpoint",
        "scheduler",
        "schedule",
        "teacher",
        "stopping",
        "patience",
    }
    | {
        "augmentation",
        "augmentations",
        "sampler",
        "accumulation",
        "image",
        "input",
        "output",
        "kernel",
        "patch",
        "target",
    }
    | {"momentum", "exponential", "pretraining", "pretrain", "lookahead", "discriminator", "critic"}
    | {"warmup", "micro", "baseline", "previous", "old", "finetune", "finetuning", "search", "sweep"}
)
# What the class or kind is called in an object that describes it: {"optimizer": {"name": "AdamW", "lr": 1e-3}};
# Hydra has `_target_`, Lightning `class_path`.
OWN_NAMES = frozenset({"name", "type", "kind", "class", "target", "class_path", "class_name", "cls", "component"})
# The width of the network within a block, which only transformers have beside their own.
FEED_FORWARD = frozenset(
    {"d_ff", "ff", "ffn_dim", "ff_dim", "d_ffn", "dim_feedforward", "n_inner", "intermediate_size"}
)
# What contexts often hold and no forecast depends on by itself.
HEADS = frozenset({"heads", "n_heads", "num_heads", "n_head", "nhead", "num_attention_heads"})
UNUSED = HEADS | frozenset(
    {"seed", "random_seed", "data_seed", "device", "name", "run_name", "run_id", "project", "notes", "tags", "id"}
    | {"d_head", "d_vocab", "vocab_size"}
    | {"n_ctx", "act_fn", "activation", "eval_every", "log_every", "save_every", "eps", "dtype", "num_workers"}
)

# What objects that hold settings are called.
_GROUPS = frozenset(
    {
        "config",
        "cfg",
        "args",
        "hparams",
        "hyperparameters",
        "hyper_parameters",
        "params",
        "settings",
        "train",
        "training",
    }
    | {"trainer", "datamodule", "model_config", "optim_config", "optimizer_config", "scheduler", "lr_scheduler"}
)
_RATES = {"learning_rate", "weight_decay", "dropout", "label_noise"}
_FIELD = {also: field for field, others in SYNONYMS.items() for also in (field, *others)}
_FIELD |= dict.fromkeys(MODEL_WIDTHS, "width")
_SQUEEZED = {also.replace("_", ""): field for also, field in _FIELD.items()}
_NAMES = tuple(_FIELD)
# What Lightning's LearningRateMonitor logs: `lr-AdamW`, `lr-SGD-momentum`.
_OF_OPTIMIZER = re.compile(r"lr_(?:adam_?w?|r_?adam|n_?adam|sgd|rms_?prop|muon|lion)(?:_(weight_decay|momentum))?")


def plain_name(name: str) -> str:
    """Return a name in lower case with underscores: `learningRate`, `Learning rate` and `learning-rate` are one.

    >>> plain_name("learningRate"), plain_name("Weight Decay"), plain_name("n-layers"), plain_name("LR")
    ('learning_rate', 'weight_decay', 'n_layers', 'lr')
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s\-]+", "_", parted).lower().strip("_")


def is_of_another(path: str) -> bool:
    """Return True if what stands before the last name of a path makes it the name of another thing than the run's.

    >>> [is_of_another(p) for p in ("lr_scheduler/step_size", "eval.batch_size", "train/batch_size", "scheduler/warmup_steps")]
    [True, True, False, False]
    """
    *parents, name = re.split(r"[./]", path[-200:])
    if plain_name(name) in ("max_lr", "peak_lr", "lr_max") or field_named(plain_name(name)) == "warmup_steps":
        return False
    if parents and (of := field_named(plain_name(parents[-1]))) in _RATES and of != field_named(plain_name(name)):
        return True  # {"weight_decay": {"embedding": 0}}
    return any(word in OF_OTHERS for parent in parents for word in plain_name(parent).split("_"))


def field_named(name: str) -> str | None:
    """Return the field that a plain name stands for; None where it stands for none, or not for certain."""
    if (of_optimizer := _OF_OPTIMIZER.fullmatch(name)) is not None:
        return of_optimizer[1] or "learning_rate"
    return _FIELD.get(name) or _SQUEEZED.get(name.replace("_", "")) or _FIELD.get(_english_name(name))


@lru_cache(maxsize=4096)
def _english_name(name: str) -> str:
    return plain_name(in_english(name.replace("_", " ")))


def is_of_settings(name: str) -> bool:
    """Return True for the name of a field or of a group of settings, which no run is called by.

    >>> [is_of_settings(name) for name in ("optimizer", "hparams", "lr", "seed_0", "wd=1")]
    [True, True, True, False, False]
    """
    plain = plain_name(name)
    return plain in _GROUPS or (len(plain) > 1 and field_named(plain) is not None)


def nearest_field(name: str) -> str | None:
    """Return the field whose names one comes near, as a slip of the keyboard does; None where there is none."""
    if len(name) < 5:  # every short word is near another
        return None
    near = difflib.get_close_matches(name[:60], _NAMES, n=1, cutoff=0.75)
    return _FIELD[near[0]] if near else None
