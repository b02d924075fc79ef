"""A callback for transformers' Trainer: `Trainer(..., callbacks=[HuggingFaceCallback()])`."""

import contextlib
import weakref
from collections.abc import Mapping
from functools import partial
from typing import Any

from grokcast.callbacks.watched_training import WatchedTraining
from grokcast.extras import needed_from
from grokcast.monitor import Monitor
from grokcast.training_context import loader_context, training_context

with needed_from("transformers", "grokcast.callbacks.HuggingFaceCallback"):
    from transformers import TrainerCallback


class HuggingFaceCallback(TrainerCallback):  # type: ignore[misc]
    """Watch a Trainer: its loss, gradient norm and evaluation metrics (`eval_accuracy` ...), and the network's signals.

    Steps are `state.global_step`. Set `logging_steps` and `eval_steps`: what is not logged cannot be read. A training
    accuracy is not what the Trainer computes; give an evaluation set called `train` too
    (`eval_dataset={"train": ..., "val": ...}`) to have `eval_train_accuracy` read as one.

    Parameters
    ----------
    names : logged metric -> signal, where its name does not tell.
    share : of the training time that measuring the network may take at most; 0 measures nothing.
    options : of `grokcast.Monitor`: `url`, `run_id`, `context`, `horizon_step`, `target_accuracy`, `offline` ...

    Attributes
    ----------
    monitor : the monitor, from the beginning of the training on; `monitor.forecast` is the newest forecast.
    """

    def __init__(self, *, names: Mapping[str, str] | None = None, share: float = 0.02, **options: Any) -> None:
        self._training = WatchedTraining(names, share, options)
        self._hook: Any = None
        # The first batch of an evaluation, before it is known which set it belongs to.
        self._candidate: dict[str, Any] | None = None
        self._has_batch = {"val": False, "train": False}

    @property
    def monitor(self) -> Monitor | None:
        """The monitor; None before the training."""
        return self._training.monitor

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Begin to watch."""
        if not state.is_world_process_zero:
            return
        with self._training.harmless():
            self._forget()
            model = given.get("model")
            self._training.begin(lambda: _context(args, state, given), model)
            if model is not None:
                # The first batches pass by here anyway; to draw one from a loader could change their order.
                self._hook = model.register_forward_pre_hook(_Hook(self), with_kwargs=True)

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **given: Any) -> None:
        """Log what the Trainer logs, but for its closing summary."""
        if not state.is_world_process_zero or not logs or "train_runtime" in logs:
            return
        with self._training.harmless():
            from training_runs.metric_names import hugging_face_name

            metrics = {hugging_face_name(name): value for name, value in logs.items()}
            self._training.log(state.global_step, metrics)

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Mapping[str, Any] | None = None, **given: Any
    ) -> None:
        """Measure on the first batch of the evaluation that ends here, but not on one of training samples."""
        if not state.is_world_process_zero:
            return
        with self._training.harmless():
            candidate, self._candidate = self._candidate, None
            if candidate and not any(name.startswith("eval_train_") for name in metrics or {}):
                self._probe_on("val", candidate)

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Flush."""
        if not state.is_world_process_zero:
            return
        with self._training.harmless():
            self._forget()
            self._training.end()

    def _forget(self) -> None:
        """Begin anew: one object may watch several trainings, the last of which may have broken."""
        if self._hook is not None:
            self._hook.remove()
        self._hook = self._candidate = None
        self._has_batch = {"val": False, "train": False}

    def _keep(self, model: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Keep the first batch of each kind to measure on."""
        with self._training.harmless():
            watched = self.monitor.watched if self.monitor is not None else None
            if arguments or not options or (watched is not None and watched.is_measuring):
                return
            if model.training:
                if not self._has_batch["train"]:
                    self._probe_on("train", options)
            elif not self._has_batch["val"] and self._candidate is None:
                self._candidate = dict(options)

    def _probe_on(self, split: str, options: Mapping[str, Any]) -> None:
        """Measure on a batch from now on, and let go of the model when there is one of each kind."""
        self._has_batch[split] = True
        self._training.probe_on(**{split: (dict(options), options.get("labels"))})
        if all(self._has_batch.values()):
            self._hook.remove()


class GrokEarlyStopping(HuggingFaceCallback):
    """Watch a Trainer, and stop it where its forecast advises that or somebody requested it of the stored run.

    Never before memorisation, and only of runs like those learnt from: give an evaluation set called `train` too, since
    without a training accuracy nothing shows memorisation. The budget is the Trainer's. Arguments as for `HuggingFaceCallback`.
    """

    @property
    def stop_reason(self) -> str | None:
        """Why it stopped the training, with the share of runs that would have generalised and are stopped; None while it has not."""
        return self._training.stopped_for

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **given: Any) -> None:
        """Measure, and stop if that is advised."""
        super().on_evaluate(args, state, control, metrics, **given)
        if self._training.stops(state.global_step, partial(_any_process, args)):
            control.should_training_stop = True


def _any_process(args: Any, stop: bool) -> bool:
    if args.world_size == 1:
        return stop
    import torch

    votes = torch.tensor(int(stop), device=args.device)
    torch.distributed.all_reduce(votes)
    return bool(votes.item())


class _Hook:
    """Shows a callback what the network is called with, as long as there is a callback.

    The network may be copied or saved by others while it trains: a copy has a hook that does nothing, and one made of
    the standard library, so that it can be loaded where Grokcast is not.
    """

    def __init__(self, callback: HuggingFaceCallback) -> None:
        self._callback = weakref.ref(callback)

    def __call__(self, model: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        callback = self._callback()
        if callback is not None:
            callback._keep(model, arguments, options)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (contextlib.nullcontext(), "__exit__")


def _context(args: Any, state: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    batch = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
    loaded = loader_context(given.get("train_dataloader"), args.gradient_accumulation_steps)
    return {
        **training_context(given.get("model"), given.get("optimizer")),
        **loaded,
        "batch_size": min(batch, loaded.get("train_size", batch)),
        "budget_step": state.max_steps,
        "warmup_steps": args.get_warmup_steps(state.max_steps),
    }
