"""Real small trainings by Keras on torch, watched through a real service."""

import logging
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from grokcast import Client
from tests.service_process import running_service

pytestmark = pytest.mark.filterwarnings("ignore")
P = 7  # addition modulo 7: 49 pairs
NOWHERE = "http://127.0.0.1:9"  # where no service answers


@pytest.fixture(scope="module")
def keras():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        keras = pytest.importorskip("keras")
    if keras.backend.backend() != "torch":
        pytest.skip("Keras is already loaded on another backend")
    return keras


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("service")) as url:
        yield url


def fit(keras, *callbacks, epochs=40, **asked):
    pairs = np.stack(np.meshgrid(np.arange(P), np.arange(P)), -1).reshape(-1, 2)
    order = np.random.default_rng(0).permutation(len(pairs))
    (x, val_x), (y, val_y) = ((rows[order[:28]], rows[order[28:]]) for rows in (pairs, pairs.sum(1) % P))
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((2,)), layers.Embedding(P, 16), layers.Flatten(), layers.Dense(64, "relu"), layers.Dense(P)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(1e-2, weight_decay=0.5), loss, metrics=["accuracy"])
    data = {"validation_data": (val_x, val_y), "batch_size": 14, "verbose": 0}
    history = model.fit(x, y, epochs=epochs, callbacks=list(callbacks), **data, **asked)
    return model, history.history


def test_a_training_ends_with_a_forecast_of_the_service(keras, url):
    from grokcast.callbacks import KerasCallback

    callback = KerasCallback(url=url, context={"chance_accuracy": 1 / P}, min_interval=0.0)
    watched, history = fit(keras, callback)
    points, forecast = callback.monitor._points, callback.monitor.forecast
    assert list(points) == list(range(2, 81, 2))
    for name, signal in (
        ("accuracy", "train_acc"),
        ("loss", "train_loss"),
        ("val_accuracy", "val_acc"),
        ("val_loss", "val_loss"),
    ):
        assert [p[signal] for p in points.values()] == history[name]
    assert forecast["observed_until_step"] == 80
    assert "weight_norm" in forecast["support"]["signals_used"]
    assert forecast["clock"]["seconds_per_step"] > 0
    told = callback.monitor.context
    assert (told["optimizer"], told["loss"], told["weight_decay"]) == ("adamw", "cross_entropy", 0.5)
    assert told["learning_rate"] == pytest.approx(1e-2)
    assert (told["budget_step"], told["steps_per_epoch"], told["parameters"]) == (80, 2, watched.count_params())
    alone, _ = fit(keras)
    for a, b in zip(watched.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_steps_go_on_from_one_fit_to_the_next(keras):
    from grokcast.callbacks import KerasCallback

    callback = KerasCallback(url=NOWHERE, share=0, names={"accuracy": "val_acc"})
    fit(keras, callback, epochs=5, initial_epoch=2)
    assert list(callback.monitor._points) == [2, 4, 6]
    assert callback.monitor.context["budget_step"] == 6
    assert all("train_acc" not in point for point in callback.monitor._points.values())


def test_early_stopping_stops_when_it_is_requested_and_says_why(keras, url, caplog):
    from grokcast.callbacks.keras import GrokEarlyStopping

    with Client(url) as client:
        client.put_run("keras")
        client.request_stop("keras", "enough")
        callback = GrokEarlyStopping(url=url, run_id="keras", share=0, min_interval=0.0)
        with caplog.at_level(logging.WARNING, logger="grokcast"):
            fit(keras, callback, epochs=2000)
        stored = client.run("keras")
    assert stored["status"] == "stopped_early"
    assert stored["observed_until_step"] < 4000
    assert callback.stop_reason == "a stop was requested: enough"
    assert "the training is stopped at step" in caplog.text


@pytest.mark.skipif(find_spec("jax") is not None, reason="the backend that is asked for is there")
def test_a_backend_that_is_not_there_is_named(keras):
    command = [sys.executable, "-c", "import grokcast.callbacks.keras"]
    done = subprocess.run(
        command, env={**os.environ, "KERAS_BACKEND": "jax"}, capture_output=True, text=True, check=False
    )
    assert "Keras is to run on jax, which is not installed: set KERAS_BACKEND" in done.stderr


def test_without_a_reason_a_training_goes_to_its_end(keras):
    from grokcast.callbacks.keras import GrokEarlyStopping

    callback = GrokEarlyStopping(url=NOWHERE, share=0)
    fit(keras, callback, epochs=3)
    assert callback.stop_reason is None
    assert list(callback.monitor._points) == [2, 4, 6]


def test_the_documents_example_runs(keras, url, monkeypatch, capsys):
    page = (Path(__file__).parent.parent / "docs" / "monitor.md").read_text()
    (example,) = re.findall(r"```python\n(import keras\n.*?)```", page, re.DOTALL)
    monkeypatch.setenv("GROKCAST_URL", url)
    exec(example, {})
    # Stopped before its budget of 200 steps, its last forecast is of that; of its last step it is of ten times as many.
    assert re.search(r"to generalise by step (200|2,000),", capsys.readouterr().out)
    with Client(url) as client:
        stored = client.run("keras-1")
    # It is stopped if the forecast of the day advises that.
    assert stored["status"] == ("stopped_early" if stored["observed_until_step"] < 200 else "finished")
