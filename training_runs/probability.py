"""A probability as people read it."""


def percent(probability: float) -> str:
    """Return a probability in percent; never 0 or 100, which no forecast knows.

    >>> percent(0.873), percent(0.9999), percent(0.0)
    ('87 %', '> 99 %', '< 1 %')
    """
    if probability > 0.99:
        return "> 99 %"
    return "< 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"
