"""The monitor against a real HTTP server on the loopback: what it sends, and what it makes of the answers."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import grokcast
from grokcast import Monitor
from grokcast.answer import Answer
from grokcast.logged_points import MAX_POINTS
from tests.forecast_server import Service, log_run, unused_port


def test_posts_the_whole_history_in_order_with_what_is_asked(service: Service, watch: Callable[..., Monitor]) -> None:
    context = {"learning_rate": np.float32(0.5), "modulus": np.int64(47), "optimizer": "adamw"}
    monitor = watch(service.url, context=context, horizon_step=2000, target_accuracy=0.9)
    for step in range(0, 100, 10):
        monitor.log(step, train_loss=1.0 / (step + 1), val_acc=0.25)
    assert monitor.flush(5)
    assert set(service.paths) == {"/v1/forecasts"}
    assert service.requests[-1] == {
        "history": {
            "step": list(range(0, 100, 10)),
            "train_loss": [1.0 / (step + 1) for step in range(0, 100, 10)],
            "val_acc": [0.25] * 10,
        },
        "context": {"learning_rate": 0.5, "modulus": 47, "optimizer": "adamw"},
        "horizon_step": 2000,
        "target_accuracy": 0.9,
    }
    assert monitor.forecast is not None
    assert monitor.forecast["observed_until_step"] == 90
    assert monitor.problem is None


def test_scalars_of_numpy_and_torch_are_numbers_and_the_rest_is_missing(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    torch = pytest.importorskip("torch")
    monitor = watch(service.url)
    monitor.log(np.int64(1), train_loss=torch.tensor(0.5, requires_grad=True), val_acc=np.array([0.25]))
    monitor.log(torch.tensor(2), train_loss=float("nan"), val_loss=float("-inf"), val_acc=1)
    monitor.log(3.0, train_loss="low", val_acc=None, val_loss=torch.ones(2))  # type: ignore[arg-type]
    monitor.log(4, train_loss="lower")
    assert monitor.flush(5)
    assert service.requests[-1] == {
        "history": {
            "step": [1, 2, 3, 4],
            "train_loss": [0.5, None, None, None],
            "val_acc": [0.25, 1.0, None, None],
            "val_loss": [None, None, None, None],
        },
        "context": {},
    }
    assert [r.args[0].split("=")[0] for r in caplog.records] == ["train_loss", "val_loss"]  # type: ignore[index,union-attr]


@pytest.mark.parametrize("step", [-1, 1.5, float("nan"), 1e300, "ten", None, [1, 2]])
def test_a_step_that_is_none_leaves_its_point_out(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture, step: Any
) -> None:
    monitor = watch(service.url)
    monitor.log(1, val_acc=0.1)
    monitor.log(step, val_acc=0.2)
    monitor.log(step, val_acc=0.3)
    monitor.log(2, val_acc=0.4)
    assert monitor.flush(5)
    assert service.requests[-1]["history"] == {"step": [1, 2], "val_acc": [0.1, 0.4]}
    assert len(caplog.records) == 1


def test_a_rewind_drops_the_points_at_and_after_it(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    monitor = watch(service.url)
    for step in (10, 20, 30, 40):
        monitor.log(step, val_acc=step / 100)
    for step in (20, 25):
        monitor.log(step, val_acc=0.9)
    monitor.log(15, val_acc=0.8)
    assert monitor.flush(5)
    assert service.requests[-1]["history"] == {"step": [10, 15], "val_acc": [0.1, 0.8]}
    assert [r.getMessage() for r in caplog.records] == [
        "grokcast: step went back from 40 to 20: points from 20 on are dropped"
    ]


def test_the_same_step_again_adds_and_replaces(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    monitor = watch(service.url)
    monitor.log(10, train_acc=0.5)
    monitor.log(10, val_acc=0.1)
    monitor.log(10, val_acc=0.2)
    assert monitor.flush(5)
    assert service.requests[-1]["history"] == {"step": [10], "train_acc": [0.5], "val_acc": [0.2]}
    assert not caplog.records


def test_a_very_long_history_is_thinned_where_it_is_old(service: Service, watch: Callable[..., Monitor]) -> None:
    monitor = watch(service.url, min_interval=60.0)
    n_points = 3 * MAX_POINTS
    for step in range(n_points):
        monitor.log(step, val_acc=step / n_points)
    assert monitor.flush(10)
    history = service.requests[-1]["history"]
    steps = np.array(history["step"])
    assert MAX_POINTS / 2 < len(steps) <= MAX_POINTS
    assert steps[0] == 0
    np.testing.assert_array_equal(steps[-MAX_POINTS // 2 :], np.arange(n_points)[-MAX_POINTS // 2 :])
    assert (np.diff(steps) > 0).all()
    np.testing.assert_allclose(history["val_acc"], steps / n_points)


def test_requests_keep_their_distance_unless_someone_waits(service: Service, watch: Callable[..., Monitor]) -> None:
    monitor = watch(service.url, min_interval=60.0)
    for step in range(20):
        monitor.log(step, val_acc=0.1)
        time.sleep(0.005)
    assert len(service.requests) <= 1
    for step in range(20, 23):
        monitor.log(step, val_acc=0.1)
        assert monitor.flush(5)
        assert monitor.forecast is not None
        assert monitor.forecast["observed_until_step"] == step


def test_a_horizon_that_was_reached_is_left_out(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    monitor = watch(service.url, horizon_step=20)
    for step in (10, 20, 30):
        monitor.log(step, val_acc=0.1)
        assert monitor.flush(5)
    assert [r.get("horizon_step") for r in service.requests[-3:]] == [20, None, None]
    assert len(caplog.records) == 1


def test_what_the_service_warns_of_is_logged_once(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    def warned(request: dict[str, Any]) -> tuple[int, bytes]:
        texts = [
            "unknown signal `loss`",
            f"horizon is {999 * len(request['history']['step']):,}x the last step",  # 999, 1,998 ...
        ]
        return 200, json.dumps({"forecaster": "test", "warnings": texts}).encode()

    service.answer = warned
    monitor = watch(service.url)
    for step in range(3):
        monitor.log(step, loss=1.0)
        assert monitor.flush(5)
    assert len(caplog.records) == 2
    assert "unknown signal `loss`" in caplog.text


def test_the_callback_gets_each_forecast_and_may_raise(
    service: Service, watch: Callable[..., Monitor], caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []

    def on_forecast(forecast: dict[str, Any]) -> None:
        seen.append(forecast["observed_until_step"])
        raise RuntimeError("not ready")

    monitor = watch(service.url, on_forecast=on_forecast)
    for step in (1, 2, 3):
        monitor.log(step, val_acc=0.1)
        assert monitor.flush(5)
    assert seen == [1, 2, 3]
    assert monitor.problem is None
    assert len(caplog.records) == 1
    assert "not ready" in caplog.text


@pytest.mark.parametrize(
    "options",
    [{"context": 3}, {"context": [("learning_rate", 1e-3)]}, {"context": {"x": [float("nan")]}}],
)
def test_a_strange_context_harms_nothing(
    service: Service,
    watch: Callable[..., Monitor],
    caplog: pytest.LogCaptureFixture,
    options: dict[str, Any],
) -> None:
    monitor = watch(service.url, **options)
    monitor.log(1, val_acc=0.1)
    monitor.flush(5)
    assert len(caplog.records) == 1


def test_the_address_is_the_argument_else_the_environment_else_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GROKCAST_URL", "http://here:1/")
    assert Monitor("http://there:2").url == "http://there:2"
    assert Monitor().url == "http://here:1"
    monkeypatch.delenv("GROKCAST_URL")
    assert Monitor().url == "http://127.0.0.1:8321"


def test_a_proxy_is_not_asked_for_this_machine(
    service: Service, watch: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    monitor = watch(service.url)
    log_run(monitor)
    assert monitor.flush(5)


def test_the_thread_ends_when_idle_and_starts_again(
    service: Service, watch: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grokcast.monitor._IDLE_SECONDS", 0.05)
    monitor = watch(service.url)
    for step in (1, 2):
        monitor.log(step, val_acc=0.1)
        assert monitor.flush(5)
        deadline = time.monotonic() + 5
        while monitor._thread is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert monitor._thread is None
    assert service.requests[-1]["history"]["step"] == [1, 2]


def test_nothing_is_asked_while_an_idle_thread_lets_go_of_its_connection(
    service: Service, watch: Callable[..., Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grokcast.monitor._IDLE_SECONDS", 0.05)
    monitor = watch(service.url)
    backend = monitor._backend
    assert backend is not None
    close, forecast = backend.close, backend.forecast
    closing, overlaps = threading.Event(), []

    def slow_close(*, for_good: bool = True) -> None:
        closing.set()
        time.sleep(0.3)
        close(for_good=for_good)
        closing.clear()

    def watched_forecast(*question: Any) -> Any:
        overlaps.append(closing.is_set())
        return forecast(*question)

    monkeypatch.setattr(backend, "close", slow_close)
    monkeypatch.setattr(backend, "forecast", watched_forecast)
    monitor.log(1, val_acc=0.1)
    assert monitor.flush(5)
    assert closing.wait(5)
    monitor.log(2, val_acc=0.1)
    assert monitor.flush(5)
    assert overlaps == [False, False]


def test_a_with_block_ends_with_the_last_history_answered(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    with Monitor(service.url, min_interval=60.0) as monitor:
        log_run(monitor, n_points=50)
    assert service.requests[-1]["history"]["step"] == list(range(50))
    monitor.log(50, val_acc=0.1)
    assert not caplog.text.count("Traceback")
    assert "after close()" in caplog.text
    assert service.requests[-1]["history"]["step"] == list(range(50))


def test_exports() -> None:
    public = {
        "AsyncClient",
        "Client",
        "Forecaster",
        "Monitor",
        "ServiceError",
        "ServiceUnreachable",
        "forecast",
        "plan",
    }
    assert set(grokcast.__all__) == public | {"__version__"}
    assert grokcast.__version__[0].isdigit()


def test_the_newest_forecast_prints_as_one_line_even_of_another_version(
    service: Service, watch: Callable[..., Monitor]
) -> None:
    monitor = watch(service.url)
    monitor.log(1, val_acc=0.1)
    assert monitor.flush(5)
    assert len(str(monitor.forecast).splitlines()) == 1
    assert "forecaster" in str(Answer({"forecaster": "1", "onset_step": None}))


def test_a_failed_watch_is_a_problem_for_as_long_as_it_lasts(service: Service, watch: Callable[..., Monitor]) -> None:
    monitor = watch(service.url)
    monitor.watch("not a network")
    assert "watch failed" in (monitor.problem or "")
    monitor.log(1, val_acc=0.1)
    assert monitor.flush(5)
    assert "watch failed" in (monitor.problem or "")


def test_a_point_has_the_time_of_its_first_log_and_the_pace_goes_with_the_history(
    service: Service, watch: Callable[..., Monitor]
) -> None:
    monitor = watch(service.url, cost_per_hour=2.5, seconds_per_step=0.1, min_interval=60.0)
    before = time.time()
    monitor.log(1, val_acc=0.1)
    monitor.log(2, val_acc=0.1)
    time.sleep(0.05)
    monitor.log(2, train_acc=0.5)
    assert monitor.flush(5)
    (first, second), sent = service.times[-1], service.requests[-1]
    assert before - 0.001 <= first <= second < before + 0.05
    assert (sent["seconds_per_step"], sent["cost_per_hour"]) == (0.1, 2.5)
