"""A callback for Keras: `model.fit(..., callbacks=[KerasCallback()])`, whatever its backend."""

from collections.abc import Mapping
from typing import Any

from grokcast.callbacks.watched_training import WatchedTraining
from grokcast.extras import needed_from
from grokcast.monitor import Monitor
from grokcast.training_context import loss_of
from training_runs.context_words import read_hyperparameters

with needed_from("keras", "grokcast.callbacks.KerasCallback"):
    try:
        from keras import backend, ops
        from keras.callbacks import Callback
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "jax", "torch"):
            raise
        raise ImportError(
            f"Keras is to run on {error.name}, which is not installed: set KERAS_BACKEND to torch, tensorflow or jax, whichever is"
        ) from None


class KerasCallback(Callback):  # type: ignore[misc]
    """Watch a training by Keras: what `fit` reports at the end of each epoch (`loss`, `accuracy`, `val_accuracy` ...).

    Steps are those of the optimiser, which go on from one `fit` to the next. On torch the weights are measured too. Keras' training
    accuracy is the mean over the epoch, while the network learns.

    Parameters
    ----------
    names : reported metric -> signal, where its name does not tell.
    share : of the training time that measuring the network may take at most, on torch; 0 measures nothing.
    options : of `grokcast.Monitor`: `url`, `run_id`, `context`, `horizon_step`, `target_accuracy`, `offline` ...

    Attributes
    ----------
    monitor : the monitor, from the first epoch on; `monitor.forecast` is the newest forecast.
    """

    def __init__(self, *, names: Mapping[str, str] | None = None, share: float = 0.02, **options: Any) -> None:
        super().__init__()
        self._training = WatchedTraining(names, share if backend.backend() == "torch" else 0, options)
        self._has_begun = False

    @property
    def monitor(self) -> Monitor | None:
        """The monitor; None before the training."""
        return self._training.monitor

    @property
    def step(self) -> int:
        """Updates of the optimiser so far."""
        return int(ops.convert_to_numpy(self.model.optimizer.iterations))

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Begin anew with the first epoch: one object may watch several trainings."""
        self._has_begun = False

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Begin to watch, with the first epoch; which one that is tells how many are to come."""
        if not self._has_begun:
            self._has_begun = True
            with self._training.harmless():
                self._training.begin(lambda: self._context(epoch), self.model)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log what the epoch reports; names without a split are training's."""
        with self._training.harmless():
            told = self._training.names
            plain = {n if n in told or n.startswith("val_") else f"train_{n}": v for n, v in (logs or {}).items()}
            self._training.log(self.step, plain)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Flush."""
        with self._training.harmless():
            self._training.end()

    def _context(self, epoch: int) -> dict[str, Any]:
        optimizer = self.model.optimizer
        config = dict(optimizer.get_config())
        schedule = config.get("learning_rate")
        if isinstance(schedule, dict):
            config["learning_rate"] = schedule.get("config", {}).get("initial_learning_rate")
        config["optimizer"] = config.pop("name", None)
        plain = {name: value for name, value in config.items() if isinstance(value, str | int | float)}
        batches, apart = self.params.get("steps"), config.get("gradient_accumulation_steps") or 1
        per_epoch = batches / apart if batches else None
        to_come = None if per_epoch is None else int((self.params["epochs"] - epoch) * per_epoch)
        return {
            **read_hyperparameters(plain, "").fields(),
            **loss_of(self.model.loss),
            "parameters": self.model.count_params(),
            "steps_per_epoch": per_epoch,
            "budget_step": None if to_come is None else self.step + to_come,
        }


class GrokEarlyStopping(KerasCallback):
    """Watch a training by Keras, and stop it where its forecast advises that or somebody requested it of the stored run.

    Never before memorisation, and only of runs like those learnt from. The budget is that of `fit`. Arguments as for
    `KerasCallback`.
    """

    @property
    def stop_reason(self) -> str | None:
        """Why it stopped the training, with the share of runs that would have generalised and are stopped; None while it has not."""
        return self._training.stopped_for

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the epoch, and stop if that is advised."""
        super().on_epoch_end(epoch, logs)
        if self._training.stops(self.step, bool):
            self.model.stop_training = True
