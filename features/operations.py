"""What follows from the name of a modular operation: whether its arguments part, and whether they may be swapped.

Of operations `f(g(x) + h(y))`, a sum of one term of each argument, a network has only to find the terms (Gromov 2023,
arXiv 2301.02679); products are sums of discrete logarithms. Others, such as x^2 + xy + y^2 and x^3 + xy, take far more of
the table, if they are learnt at all (Power et al. 2022, arXiv 2201.02177, figure 2). And of an operation that takes its
arguments in either order, one half of the table tells the other.
"""

_SEPARABLE = {"add", "sub", "mul", "div", "x2_y2"}
_SYMMETRIC = {"add", "mul", "x2_y2", "x2_xy_y2"}
# Names that others give them, without spaces, stars for powers as carets.
_ALSO = {
    "add": ("addition", "plus", "sum", "+", "x+y", "a+b", "add_mod", "mod_add", "modular_addition"),
    "sub": ("subtraction", "subtract", "minus", "-", "x-y", "a-b", "sub_mod", "mod_sub", "modular_subtraction"),
    "mul": (
        "multiplication",
        "multiply",
        "product",
        "times",
        "*",
        "x*y",
        "xy",
        "a*b",
        "mul_mod",
        "mod_mul",
        "product_mod",
        "modular_multiplication",
    ),
    "div": ("division", "divide", "/", "x/y", "a/b", "div_mod", "mod_div", "modular_division"),
    "x2_y2": ("x2_plus_y2", "x^2+y^2", "x2+y2", "sum_of_squares"),
    "x2_xy_y2": ("x2_plus_xy_plus_y2", "x^2+xy+y^2", "x^2+x*y+y^2", "x2+xy+y2"),
    "x3_xy": ("x3_plus_xy", "x^3+xy", "x^3+x*y", "x3+xy"),
}
_NAME = {also: name for name, others in _ALSO.items() for also in (name, *others)}
OPERATIONS = tuple(_ALSO)


def separable(operation: str | None) -> float | None:
    """Return 1 where an operation is a sum of one term of each argument, 0 where not, None where it is not known."""
    return _is_among(_SEPARABLE, operation)


def symmetric(operation: str | None) -> float | None:
    """Return 1 where an operation takes its arguments in either order, 0 where not, None where it is not known."""
    return _is_among(_SYMMETRIC, operation)


def _is_among(names: set[str], operation: str | None) -> float | None:
    """Contexts hold words in lower case."""
    name = _NAME.get((operation or "").replace(" ", "").replace("**", "^"))
    return None if name is None else float(name in names)
