"""The context of a run that has not begun, as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.columns import Column, MissingColumn
from features.context_features import CONTEXT_FEATURES
from training_runs import Context
from training_runs.arrays import FloatArray

# Clocks are read at one step for all settings, at which none meets the floor that stands for a rate of zero.
_STEP = 10_000.0
_NUMBERS = tuple(name for name in CONTEXT_FEATURES if name != "step")
_WORDS = ("task_family", "architecture", "optimizer")  # a history tells by itself what they tell here


@dataclass(frozen=True)
class Settings:
    """What is read of a context: the features that forecasts have too, and which of the known words it says.

    Attributes
    ----------
    numbers : names of context features.
    words : of `task_family`, `architecture` and `optimizer`, those that were learnt from.
    """

    numbers: tuple[str, ...]
    words: dict[str, list[str]]

    @classmethod
    def of(cls, contexts: Sequence[Context]) -> "Settings":
        """Return what there is to read in the contexts of a corpus."""
        known = {name: sorted({w for c in contexts if (w := getattr(c, name)) is not None}) for name in _WORDS}
        return cls(_NUMBERS, known)

    def matrix(self, contexts: Sequence[Context]) -> FloatArray:
        """Return contexts as numbers, shape (n_contexts, n_columns); NaN where a field is not given."""
        rows = np.array([self._row(c.completed()) for c in contexts], dtype=float)
        return rows.reshape(len(contexts), -1)

    def unknown_words(self, context: Context) -> list[str]:
        """Return a sentence for each word of which no run was learnt from."""
        said = {name: getattr(context, name) for name in self.words}
        return [
            f"no run that was learnt from has context.{name} {word!r} (they have {', '.join(self.words[name])})"
            for name, word in said.items()
            if word is not None and word not in self.words[name]
        ]

    def names(self) -> list[str]:
        """Return what each column is, in a phrase."""
        numbers = [CONTEXT_FEATURES[name][0] for name in self.numbers]
        return numbers + [f"{name} is {word}" for name, words in self.words.items() for word in words]

    def in_words(self, column: int, value: float) -> tuple[str, float]:
        """Return what a column is and a value of it, without the logarithm and the steps that it is kept with."""
        name = self.names()[column]
        plain = name.removeprefix("log10 of ").removesuffix(" x steps")
        number = 10**value if name.startswith("log10 of ") else value
        return plain, number / _STEP if name.endswith(" x steps") else number

    def state(self) -> dict[str, Any]:
        """Return the names and words."""
        return {"numbers": list(self.numbers), "words": self.words}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "Settings":
        """Return the settings whose state this is.

        Raises
        ------
        MissingColumn : a feature that it reads is not measured any more.
        """
        if gone := [name for name in state["numbers"] if name not in _NUMBERS]:
            raise MissingColumn(wanted=Column(gone[0]), present_version=None)
        return cls(tuple(state["numbers"]), state["words"])

    def _row(self, context: Context) -> list[float | None]:
        numbers = [CONTEXT_FEATURES[name][1](context, _STEP) for name in self.numbers]
        said = [(getattr(context, name), word) for name, words in self.words.items() for word in words]
        return numbers + [None if word is None else float(word == known) for word, known in said]
