"""Callbacks for the trainers that people use: the same monitor, fed by the trainer.

`LightningCallback` for Lightning, `HuggingFaceCallback` for transformers' Trainer, `KerasCallback` for Keras. Each is imported on first use,
since each needs its own trainer installed.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokcast.callbacks.hugging_face import HuggingFaceCallback
    from grokcast.callbacks.keras import KerasCallback
    from grokcast.callbacks.lightning import LightningCallback

__all__ = ["HuggingFaceCallback", "KerasCallback", "LightningCallback"]


def __getattr__(name: str) -> Any:
    if name == "LightningCallback":
        from grokcast.callbacks.lightning import LightningCallback

        return LightningCallback
    if name == "HuggingFaceCallback":
        from grokcast.callbacks.hugging_face import HuggingFaceCallback

        return HuggingFaceCallback
    if name == "KerasCallback":
        from grokcast.callbacks.keras import KerasCallback

        return KerasCallback
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
