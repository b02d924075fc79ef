"""Steps as people write them."""

import re

_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


def step_of(flag: str, text: str | None) -> int | None:
    """Return a step written as `20000`, `20_000`, `20,000`, `20k`, `1.5M` or `1e5`; None where none is given.

    Raises
    ------
    InvalidInput : it is none of these.
    """
    from training_runs.errors import InvalidInput

    if text is None:
        return None
    plain = re.sub(r"(?<=\d)[_,](?=\d{3}(?:\D|$))", "", text.strip().lower())
    match = re.fullmatch(r"(\d+(?:\.\d+)?(?:e\+?\d+)?)([km]?)", plain)
    number = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not 1 <= number < 2**53 or number % 1:
        raise InvalidInput(field=flag, value=text, expected="a whole number of steps > 0, as 20000, 20k or 1e5")
    return int(number)
