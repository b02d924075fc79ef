"""What is kept of a part of a forecaster: nested dictionaries and lists of arrays, numbers and words."""

from typing import Any, Self


class FieldsAreState:
    """A dataclass whose fields are all that is kept of it."""

    def state(self) -> dict[str, Any]:
        """Return its fields."""
        return dict(vars(self))

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Return the part whose state this is."""
        return cls(**state)
