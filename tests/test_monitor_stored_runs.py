"""The monitor of a run that the service keeps."""

from collections.abc import Callable

from grokcast import Monitor
from tests.forecast_server import StoredRuns


def test_a_stored_run_is_registered_and_gets_only_what_is_new(
    stored: StoredRuns, watch: Callable[..., Monitor]
) -> None:
    monitor = watch(stored.url, run_id="seed=1", context={"learning_rate": 0.1}, horizon_step=900)
    for step in range(5):
        monitor.log(step, val_acc=step / 10)
    assert monitor.flush(5)
    sent = len(stored.asked)
    monitor.log(5, val_acc=0.5)
    assert monitor.flush(5)
    assert stored.asked[0] == (
        "PUT",
        "/v1/runs/seed%3D1",
        {"context": {"learning_rate": 0.1}, "horizon_step": 900},
    )
    assert stored.asked[sent:] == [("POST", "/v1/runs/seed%3D1/metrics", {"history": {"step": [5], "val_acc": [0.5]}})]
    assert monitor.forecast is not None
    assert monitor.forecast["observed_until_step"] == 5
    assert sorted(stored.runs["seed%3D1"]) == [0, 1, 2, 3, 4, 5]
    monitor.finish("stopped_early")
    assert stored.asked[-1] == ("PUT", "/v1/runs/seed%3D1/outcome", {"status": "stopped_early"})


def test_rewinds_and_replaced_values_reach_the_stored_run(stored: StoredRuns, watch: Callable[..., Monitor]) -> None:
    monitor = watch(stored.url, run_id="a")
    for step in (10, 20, 30, 40):
        monitor.log(step, val_acc=step / 100)
    assert monitor.flush(5)
    monitor.log(20, val_acc=0.9)
    monitor.log(25, val_acc=0.8)
    assert monitor.flush(5)
    assert stored.runs["a"] == {10: {"val_acc": 0.1}, 20: {"val_acc": 0.9}, 25: {"val_acc": 0.8}}
    monitor.log(25, val_acc=0.7, train_acc=1.0)
    assert monitor.flush(5)
    assert stored.runs["a"][25] == {"val_acc": 0.7, "train_acc": 1.0}
    assert monitor.problem is None


def test_a_training_that_is_resumed_in_a_new_process_takes_its_run_over(
    stored: StoredRuns, watch: Callable[..., Monitor]
) -> None:
    for first, value in ((10, 0.1), (30, 0.3)):
        monitor = watch(stored.url, run_id="a")
        for step in range(first, first + 40, 10):
            monitor.log(step, val_acc=value)
        assert monitor.flush(5)
        monitor.close()
    values = {step: point["val_acc"] for step, point in stored.runs["a"].items()}
    assert values == {10: 0.1, 20: 0.1, 30: 0.3, 40: 0.3, 50: 0.3, 60: 0.3}


def test_a_run_that_the_service_has_forgotten_is_registered_again(
    stored: StoredRuns, watch: Callable[..., Monitor]
) -> None:
    monitor = watch(stored.url, run_id="a")
    monitor.log(1, val_acc=0.1)
    assert monitor.flush(5)
    stored.runs.clear()
    monitor.log(2, val_acc=0.2)
    assert monitor.flush(5)
    assert sorted(stored.runs["a"]) == [1, 2]
