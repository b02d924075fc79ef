"""Which stored runs are training data, on both databases."""

from api.caller import LOCAL
from api.storage.runs import RunStore
from api.storage.stored_run import RunSettings
from api.storage.training_data import missing_for_training, training_runs
from tests.stored_run import SETTINGS, values
from training_runs import Context, Trajectory


def test_finished_runs_teach_if_they_have_something_to_teach(runs: RunStore) -> None:
    rising = Trajectory([0, 10, 20, 30], {"val_acc": [0.1, 0.97, 0.98, 0.99]})
    for name, history in {
        "good": rising,
        "seed": rising,
        "short": Trajectory([0], {"val_acc": [0.1]}),
        "blind": Trajectory([0, 10, 20, 30], {"train_acc": [0.1, 0.9, 1, 1]}),
        "running": rising,
    }.items():
        budget = 100 if name == "good" else 200
        runs.put(LOCAL, name, RunSettings(Context(learning_rate=0.1, budget_step=budget)))
        runs.append(LOCAL, name, history)
        if name != "running":
            runs.finish(LOCAL, name, "finished", blocked=name == "seed")
    runs.put(LOCAL, "empty", SETTINGS)
    runs.finish(LOCAL, "empty", "diverged", blocked=False)
    good, seed = training_runs(runs).values()
    assert next(iter(training_runs(runs).values())).run_id == good.run_id != seed.run_id
    int(good.run_id, 16)
    assert (good.budget_step, good.blocked, seed.budget_step, seed.blocked) == (100, False, 200, True)
    assert good.configuration_id == seed.configuration_id
    assert values(good.trajectory) == values(rising)
    assert "val_acc" in str(missing_for_training(Trajectory([0, 10, 20], {})))
