"""Trainings that stop because their forecast advises it, or because somebody requested it, through a real service."""

import logging

import pytest

from grokcast import Client, Monitor
from grokcast.answer import stop_advised
from grokcast.callbacks import hugging_face, lightning
from tests.service_process import running_service
from tests.test_callbacks import fit_hugging_face, fit_lightning
from training_runs.blind_test import read_blind

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("service")) as url:
        yield url


def forecast(action="stop", phase="memorized", in_support=True):
    advice = {"action": action, "reason": "2 % to generalise by step 9,000", "false_stop_rate": 0.049}
    return {"advice": advice, "phase": phase, "support": {"in_support": in_support}}


def test_a_stop_is_advised_with_its_error_rate():
    reason = stop_advised(forecast())
    assert reason == "2 % to generalise by step 9,000 (of runs that generalise, 5 % are told to stop)"
    assert stop_advised(forecast(phase="generalized")) == "2 % to generalise by step 9,000"


@pytest.mark.parametrize(
    "told",
    [forecast("continue"), forecast("undecided"), forecast(phase="fitting"), forecast(in_support=False)],
)
def test_nothing_else_stops_a_training(told):
    assert stop_advised(told) is None


@pytest.fixture(scope="module")
def given_up():
    """A run of the blind test that memorised, was watched for long and never generalised."""
    return next(
        run
        for run in read_blind()
        if run.blocked
        and run.trajectory.observed_until > 5000
        and (run.trajectory.signals["train_acc"][-5:] > 0.99).all()
    )


def test_a_monitor_says_when_its_run_is_given_up(url, given_up):
    run = given_up
    with Monitor(url, context=run.context.as_dict(), horizon_step=run.trajectory.observed_until) as monitor:
        assert not monitor.should_stop
        stopped = None
        until = run.trajectory.prefix(run.trajectory.observed_until // 2)
        for k, step in enumerate(until.steps.tolist()):
            monitor.log(step, **{name: until.signals[name][k] for name in until.recorded_names()})
            if k > 10 and k % 10 == 0 and monitor.flush(20) and monitor.should_stop:
                stopped = monitor.forecast
                break
        assert stopped is not None
        assert stopped.advice.action == "stop"
        assert stopped.memorization_step is not None
        assert "of runs that generalise" in monitor.stop_reason


def test_a_stop_that_is_requested_reaches_the_loop_and_can_be_taken_back(url):
    with Client(url) as client, Monitor(url, run_id="loop", min_interval=0.0) as monitor:

        def log(step):
            monitor.log(step, train_acc=0.5, val_acc=0.1)
            assert monitor.flush(20) or "checkpoints" in monitor.problem  # too short for a forecast, and stored

        log(1)
        assert not monitor.should_stop
        assert client.request_stop("loop", "the machine is needed")["stop_requested"] == "the machine is needed"
        log(2)
        assert monitor.stop_reason == "a stop was requested: the machine is needed"
        client.withdraw_stop("loop")
        log(3)
        assert not monitor.should_stop
        client.put_outcome("loop", "stopped_early")
        with pytest.raises(Exception, match="has finished"):
            client.request_stop("loop")


@pytest.mark.parametrize(
    ("early_stopping", "fit"),
    [(lightning.GrokEarlyStopping, fit_lightning), (hugging_face.GrokEarlyStopping, fit_hugging_face)],
)
def test_a_trainer_stops_when_it_is_requested_and_says_why(url, early_stopping, fit, tmp_path, caplog):
    run_id = fit.__name__
    with Client(url) as client:
        client.put_run(run_id)
        client.request_stop(run_id, "enough")
        callback = early_stopping(url=url, run_id=run_id, share=0, min_interval=0.0)
        with caplog.at_level(logging.WARNING, logger="grokcast"):
            fit(callback, 5000, tmp_path)
        stored = client.run(run_id)
    assert stored["status"] == "stopped_early"
    assert stored["observed_until_step"] < 5000
    assert callback.stop_reason == "a stop was requested: enough"
    assert "the training is stopped at step" in caplog.text


@pytest.mark.parametrize(
    ("early_stopping", "fit"),
    [(lightning.GrokEarlyStopping, fit_lightning), (hugging_face.GrokEarlyStopping, fit_hugging_face)],
)
def test_without_a_reason_a_training_goes_to_its_end(early_stopping, fit, tmp_path):
    callback = early_stopping(url="http://127.0.0.1:9", share=0)
    fit(callback, 20, tmp_path)
    assert callback.stop_reason is None
    assert list(callback.monitor._points)[-1] == 20
