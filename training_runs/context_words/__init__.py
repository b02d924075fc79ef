"""Contexts in other people's words, read: `lr` is `learning_rate`, `torch.optim.AdamW` is `adamw`."""

from training_runs.context_words.descriptions import parts_of
from training_runs.context_words.reading import ContextReading, read_context, read_hyperparameters

__all__ = ["ContextReading", "parts_of", "read_context", "read_hyperparameters"]
