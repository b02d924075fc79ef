"""A Lightning callback: `Trainer(callbacks=[LightningCallback()])`."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from grokcast.callbacks.watched_training import WatchedTraining
from grokcast.extras import needed_from
from grokcast.monitor import Monitor
from grokcast.training_context import loader_context, training_context
from training_runs.signals import signal_names

with needed_from("lightning", "grokcast.callbacks.LightningCallback"):
    from lightning.pytorch import Callback

_VALIDATED = signal_names("loss", "accuracy", split="val")
_LOOK_EVERY = 50  # batches: processes have to agree each time


class LightningCallback(Callback):  # type: ignore[misc]
    """Watch a Lightning training: what the module logs (`train_loss`, `val_acc` ...) and the signals of its network.

    A point is made after each validation, with the training metrics of the epoch that it closes. Steps are
    `trainer.global_step`.

    Parameters
    ----------
    names : logged metric -> signal, where its name does not tell, e.g. `{"holdout": "val_acc"}`.
    share : of the training time that measuring the network may take at most; 0 measures nothing.
    options : of `grokcast.Monitor`: `url`, `run_id`, `context`, `horizon_step`, `target_accuracy`, `offline` ...

    Attributes
    ----------
    monitor : the monitor, from the beginning of the fit on; `monitor.forecast` is the newest forecast.
    """

    def __init__(self, *, names: Mapping[str, str] | None = None, share: float = 0.02, **options: Any) -> None:
        super().__init__()
        self._training = WatchedTraining(names, share, options)
        self._waiting: tuple[int, dict[str, Any]] | None = None  # validated, before the epoch's end
        self._has_batch = {"val": False, "train": False}

    @property
    def monitor(self) -> Monitor | None:
        """The monitor; None before the fit."""
        return self._training.monitor

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin to watch."""
        if trainer.is_global_zero:
            with self._training.harmless():
                # One object may watch several fits.
                self._waiting, self._has_batch = None, {"val": False, "train": False}
                self._training.begin(lambda: _context(trainer, pl_module), pl_module)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Keep the first batch to measure on."""
        self._keep("train", batch)

    def on_validation_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Keep the first batch to measure on."""
        self._keep("val", batch)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Make a point; at the end of an epoch it waits for the epoch's training metrics."""
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        with self._training.harmless():
            self._log_waiting({})
            metrics = dict(trainer.callback_metrics)
            if trainer.is_last_batch:
                # All else may still be the last epoch's.
                validated = {k: v for k, v in metrics.items() if self._is_validated(k)}
                self._waiting = trainer.global_step, validated
            else:
                self._training.log(trainer.global_step, metrics)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Close the point of the epoch; without validation at its end it has the training metrics alone."""
        if not trainer.is_global_zero:
            return
        with self._training.harmless():
            metrics = dict(trainer.callback_metrics)
            if self._waiting is not None:
                self._log_waiting(metrics)
            else:
                trained = {k: v for k, v in metrics.items() if not self._is_validated(k)}
                self._training.log(trainer.global_step, trained)

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Flush."""
        if trainer.is_global_zero:
            with self._training.harmless():
                self._log_waiting({})
                self._training.end()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Flush, and leave the run open: it may be resumed."""
        with self._training.harmless():
            self._log_waiting({})
            if self.monitor is not None:
                self.monitor.close()

    def _log_waiting(self, metrics: Mapping[str, Any]) -> None:
        if self._waiting is not None:
            step, validated = self._waiting
            self._waiting = None
            self._training.log(step, {**metrics, **validated})

    def _is_validated(self, name: str) -> bool:
        meaning = self._training.meaning_of(name)
        return meaning is not None and meaning.signal in _VALIDATED

    def _keep(self, split: str, batch: Any) -> None:
        if self._has_batch[split] or self.monitor is None:
            return
        with self._training.harmless():
            self._has_batch[split] = True
            if isinstance(batch, tuple | list) and len(batch) == 2:
                self._training.probe_on(**{split: (batch[0], batch[1])})


class GrokEarlyStopping(LightningCallback):
    """Watch a Lightning training, and stop it where its forecast advises that or somebody requested it of the stored run.

    Never before memorisation, and only of runs like those learnt from; give `horizon_step` or a budget (`max_steps`, `max_epochs`),
    since a run is given up only against one. Arguments as for `LightningCallback`.
    """

    @property
    def stop_reason(self) -> str | None:
        """Why it stopped the training, with the share of runs that would have generalised and are stopped; None while it has not."""
        return self._training.stopped_for

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Stop, if the answer came in the meantime."""
        if not trainer.should_stop and batch_idx % _LOOK_EVERY == 0:
            self._stop_if_advised(trainer)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Close the point of the epoch, and stop if that is advised."""
        super().on_train_epoch_end(trainer, pl_module)
        self._stop_if_advised(trainer)

    def _stop_if_advised(self, trainer: Any) -> None:
        if self._training.stops(trainer.global_step, partial(trainer.strategy.reduce_boolean_decision, all=False)):
            trainer.should_stop = True


def _context(trainer: Any, module: Any) -> dict[str, Any]:
    batches = float(trainer.num_training_batches)
    updates = math.ceil(batches / trainer.accumulate_grad_batches) if math.isfinite(batches) else None
    budget = trainer.estimated_stepping_batches
    return {
        **training_context(module, trainer.optimizers[0] if trainer.optimizers else None),
        **loader_context(trainer.train_dataloader, trainer.accumulate_grad_batches, trainer.world_size),
        "budget_step": int(budget) if budget and math.isfinite(budget) and budget > 0 else None,
        "steps_per_epoch": updates,
    }
