"""What follows from the name of a modular operation: whether its arguments part, and whether they may be swapped.

Of operations `f(g(x) + h(y))`, a sum of one term of each argument, a network has only to find the terms (Gromov 2023,
arXiv 2301.02679); products are sums of discrete logarithms. Others, such as x^2 + xy + y^2 and x^3 + xy, take far more of
the table, if they are learnt at all (Power et al. 2022, arXiv 2201.02177, figure 2). And of an operation that takes its
arguments in either order, one half of the table tells the other.
"""

from training_runs.context_words.values import operation_named

_SEPARABLE = {"add", "sub", "mul", "div", "x2_y2"}
_SYMMETRIC = {"add", "mul", "x2_y2", "x2_xy_y2"}


def separable(operation: str | None) -> float | None:
    """Return 1 where an operation is a sum of one term of each argument, 0 where not, None where it is not known."""
    return _is_among(_SEPARABLE, operation)


def symmetric(operation: str | None) -> float | None:
    """Return 1 where an operation takes its arguments in either order, 0 where not, None where it is not known."""
    return _is_among(_SYMMETRIC, operation)


def _is_among(names: set[str], operation: str | None) -> float | None:
    name = None if operation is None else operation_named(operation)
    return None if name is None else float(name in names)
