"""Polynomials modulo a prime: several operations of arithmetic on one pair of residues (Power et al., arXiv 2201.02177).

Beside the single operations of `modular`: `(a+b)^2` adds and squares, `a*b+a` multiplies and adds, `2*a+3*b` does three.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training_runs.errors import InvalidInput
from training_runs.tasks.modular import check_modulus
from training_runs.tasks.task import Task, TaskFamily, split

if TYPE_CHECKING:
    import torch

    from training_runs.config import RunConfig

_LARGEST_POWER = 9
# From values of a and b (whole numbers, or arrays of them) and a modulus to the polynomial's.
Polynomial = Callable[[Any, Any, int], Any]


def polynomials_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return all pairs (a, b) of residues in row-major order, labelled by the polynomial's value."""
    import torch

    train, val = split(config, generator)
    residues = torch.arange(config.modulus)
    inputs = torch.cartesian_prod(residues, residues)
    a, b = inputs.unbind(1)
    return Task(inputs, polynomial(config.polynomial)(a, b, config.modulus), train, val)


@cache
def polynomial(text: str) -> Polynomial:
    """Return the function that a text like `a^2+3*b` is; every intermediate value is reduced modulo p.

    Raises InvalidInput where it is not made of a, b, whole numbers, + - * and ^, or lacks a or b.
    """
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval").body
        function, names = _function(tree), {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    except (SyntaxError, ValueError, RecursionError):
        names = set()
    if names != {"a", "b"}:
        raise InvalidInput(
            field="polynomial",
            value=text,
            expected=f"one in a and b, of whole numbers, + - * and powers to {_LARGEST_POWER}, as a^2+3*b",
        )
    return function


def _function(node: ast.expr) -> Polynomial:
    match node:
        case ast.Name("a"):
            return lambda a, b, p: a
        case ast.Name("b"):
            return lambda a, b, p: b
        case ast.Constant(int(number)):
            return lambda a, b, p: number % p
        case ast.BinOp(base, ast.Pow(), ast.Constant(int(power))) if 1 <= power <= _LARGEST_POWER:
            return _power(_function(base), power)
        case ast.BinOp(left, ast.Add() | ast.Sub() | ast.Mult() as operator, right):
            return _combined(_function(left), operator, _function(right))
    raise ValueError(ast.dump(node))


def _power(base: Polynomial, power: int) -> Polynomial:
    def value(a: Any, b: Any, p: int) -> Any:
        result = factor = base(a, b, p)
        for _ in range(power - 1):
            result = result * factor % p
        return result

    return value


def _combined(left: Polynomial, operator: ast.operator, right: Polynomial) -> Polynomial:
    match operator:
        case ast.Add():
            return lambda a, b, p: (left(a, b, p) + right(a, b, p)) % p
        case ast.Sub():
            return lambda a, b, p: (left(a, b, p) - right(a, b, p)) % p
        case _:
            return lambda a, b, p: left(a, b, p) * right(a, b, p) % p


def _check(config: RunConfig) -> None:
    check_modulus(config)
    polynomial(config.polynomial)


FAMILY = TaskFamily(
    name="polynomials",
    networks=("embedding_mlp", "transformer", "lstm"),
    classes=lambda config: config.modulus,
    samples=lambda config: config.modulus**2,
    inputs=lambda config: config.modulus,
    make=polynomials_task,
    check=_check,
    is_of_pairs=True,
)
