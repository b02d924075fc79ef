"""Histories of Keras: what `fit()` returns, as JSON and as it is, and what CSVLogger writes."""

import json

import pytest

from grokcast.histories import read_histories
from training_runs import InvalidInput
from training_runs.readers import ReadOptions, read_content

HISTORY = {"accuracy": [0.5, 1.0, 1.0], "loss": [1.0, 0.5, 0.2], "val_accuracy": [0.1, 0.1, 0.2], "val_loss": [1, 2, 3]}
DOCUMENT = {"history": HISTORY, "epoch": [0, 1, 2], "params": {"verbose": 0, "epochs": 50, "steps": 40}}


def read(document, options=None):
    return read_content(json.dumps(document).encode(), "keras.json", options=options)


def test_the_updates_of_an_epoch_give_the_steps_and_the_budget():
    recording = read(DOCUMENT)
    assert recording.histories["keras"].steps.tolist() == [40, 80, 120]
    assert recording.histories["keras"].signals["val_acc"].tolist() == HISTORY["val_accuracy"]
    assert recording.contexts["keras"] == {"steps_per_epoch": 40, "budget_step": 2000}


def test_what_is_told_goes_before_and_what_is_not_known_is_asked():
    told = read(DOCUMENT, ReadOptions(steps_per_epoch=10))
    assert told.histories["keras"].steps.tolist() == [10, 20, 30]
    assert "budget_step" not in told.contexts["keras"]
    unknown = {**DOCUMENT, "params": {**DOCUMENT["params"], "steps": None}}
    with pytest.raises(InvalidInput, match="steps-per-epoch"):
        read(unknown)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_fit_returns_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    import numpy as np

    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2, activation="softmax")])
    optimizer = keras.optimizers.AdamW(1e-3, weight_decay=0.1)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).normal(size=(32, 2))
    y = (x[:, 0] > 0).astype(int)
    logger = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    fitted = model.fit(x, y, batch_size=8, epochs=4, validation_data=(x, y), verbose=0, callbacks=[logger])
    (history,) = read_histories([fitted])
    assert history.problem is None
    assert history.trajectory.steps.tolist() == [4, 8, 12, 16]
    assert history.recorded["weight_decay"] == pytest.approx(0.1)
    assert history.recorded["optimizer"] == "adamw"
    assert history.recorded["learning_rate"] == pytest.approx(1e-3)
    (logged,) = read_histories([tmp_path / "log.csv"], options=ReadOptions(steps_per_epoch=4))
    assert logged.trajectory.steps.tolist() == [4, 8, 12, 16]
    assert logged.trajectory.signals["val_acc"].tolist() == pytest.approx(fitted.history["val_accuracy"])
