"""Contexts as training code has them: namespaces, dataclasses, classes and nested configurations."""

import argparse
import dataclasses
import enum
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from grokcast import Monitor
from grokcast.contexts import read_contexts
from grokcast.plain_settings import plain_settings
from training_runs import InvalidInput
from training_runs.context_words import read_context

NOWHERE = "http://127.0.0.1:9"
EXPECTED = {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1.0}


@dataclasses.dataclass
class Settings:
    lr: float = 1e-3
    wd: float = 1.0
    optimizer: object = torch.optim.AdamW


class Kind(enum.StrEnum):
    ADAMW = "adamw"


class Config:
    """As ConfigDict and the configurations of transformers are."""

    def to_dict(self) -> dict[str, object]:
        return {"optim": {"name": "AdamW", "lr": np.float64(1e-3), "weight_decay": torch.tensor(1.0)}}


@pytest.mark.parametrize(
    "given",
    [
        argparse.Namespace(lr=1e-3, wd=1.0, optimizer="adamw", device=torch.device("cpu"), out=Path("runs")),
        types.SimpleNamespace(lr=1e-3, wd=1.0, optimizer=Kind.ADAMW),
        Settings(),
        Config(),
        {"optimizer": Settings(optimizer=None), "optim": torch.optim.AdamW},
        {"hparams": types.SimpleNamespace(**vars(Settings()))},
        "AdamW lr 1e-3 wd 1",
    ],
)
def test_settings_of_any_kind_are_a_context_everywhere(given: object) -> None:
    monitor = Monitor(NOWHERE, context=given, horizon_step=900)
    for fields in (read_contexts(given).for_all, monitor.context):
        assert read_context(fields).context.as_dict() == EXPECTED


def test_what_has_no_settings_is_named_and_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InvalidInput, match="names and values"):
        plain_settings([("lr", 1e-3)])
    monitor = Monitor(NOWHERE, context=[("lr", 1e-3)], horizon_step=900)
    assert monitor.context == {}
    assert "names and values" in caplog.text
    assert monitor._question_at(10)["horizon_step"] == 900


def test_objects_of_runs_are_told_from_groups_of_settings() -> None:
    runs = {"seed_0": {"lr": 1e-3}, "seed_1": {"lr": 1e-4}}
    assert read_contexts(runs).by_run == runs
    config = {"model": {"type": "mlp"}, "lr": 1e-3}
    assert read_contexts(config).for_all == config
    with pytest.raises(InvalidInput, match="lr, beside seed_0"):
        read_contexts({"seed_0": {"wd": 1}, "lr": 1e-3})
