"""What bad input raises, in every layer."""

from functools import partial
from numbers import Real
from typing import Any


def percent_hint(share: float) -> str:
    """Return the likely cause where a share in [0, 1] is above 1: it is in percent."""
    return "looks like percent: divide it by 100" if 1 < share <= 100 else ""


class InvalidInput(ValueError):
    """A value that cannot be used: where it is, what it is, what is expected, and often what to do next.

    Parameters
    ----------
    field : path of the value in the input, e.g. `history.val_acc[3]`.
    value : the offending value.
    expected : what would be accepted, as a phrase.
    hint : the likely cause or the next move, as a phrase.
    """

    def __init__(self, *, field: str, value: object, expected: str, hint: str = "") -> None:
        super().__init__(field, value, expected, hint)
        self.field, self.value, self.expected, self.hint = field, value, expected, hint

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments do not survive pickling by themselves, and workers raise this too.
        return partial(InvalidInput, **vars(self)), ()

    def __str__(self) -> str:
        value = "not given" if self.value is None else repr(self.value)
        text = f"{self.field} is {value}; expected {self.expected}"
        return f"{text} ({self.hint})" if self.hint else text


def require_numbers(**given: object) -> None:
    """Refuse what is given for a number and is none, such as "20k"; None is not given.

    Raises
    ------
    InvalidInput : names the first of them.
    """
    for field, value in given.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, Real)):
            raise InvalidInput(field=field, value=value, expected="a number")
