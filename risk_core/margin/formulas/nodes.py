"""A formula as a tree, which is written with names, written with numbers, and worked out; text is never worked out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from. where: a field of the account file, a key of the rulebook, or how it is worked out.

    source, date: of a rulebook's parameter, else empty.
    """

    kind: Literal["account", "rulebook", "worked out"]
    where: str
    source: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One number: its symbol, whose it is, its value, unit and origin."""

    name: str
    value: float
    unit: str
    origin: Origin
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A result on the way that has a name, and what it is worked out from. symbol: stands for a long sum in text."""

    name: str
    of: Node
    unit: str = "USD"
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator of `OPERATORS` and what it is applied to."""

    sign: str
    of: tuple[Node, ...]


Node: TypeAlias = Term | Part | Operation


@dataclass(frozen=True, slots=True)
class Operator:
    """How an operator binds and works. rank: operators of lower rank inside it stand in brackets, 0 for a function."""

    rank: int
    work: Callable[[Sequence[float]], float]


def _over(values: Sequence[float]) -> float:
    top, bottom = values
    return top / bottom if bottom else math.nan


def _stepped(values: Sequence[float], way: Callable[[float], int]) -> float:
    price, tick = values
    steps = price / tick
    return (round(steps) if abs(steps - round(steps)) <= CLOSE else way(steps)) * tick


CLOSE = 1e-9
"""A price within this share of a tick counts as on it."""
OPERATORS: Mapping[str, Operator] = MappingProxyType({
    "+": Operator(1, math.fsum),
    "−": Operator(1, lambda values: values[0] - math.fsum(values[1:])),
    "×": Operator(2, math.prod),
    "÷": Operator(2, _over),
    "^": Operator(3, lambda values: float(values[0] ** values[1])),
    "max": Operator(0, max),
    "min": Operator(0, min),
    "up to the tick": Operator(0, lambda values: _stepped(values, math.ceil)),
    "down to the tick": Operator(0, lambda values: _stepped(values, math.floor)),
})
"""Every operator by the sign it is written with; rank 0 is written as a function."""


def plus(*of: Node) -> Node:
    """The sum; of one, the thing itself."""
    return of[0] if len(of) == 1 else Operation("+", of)


def minus(first: Node, *of: Node) -> Node:
    """`first` less everything else."""
    return Operation("−", (first, *of)) if of else first


def times(*of: Node) -> Node:
    """The product; of one, the thing itself."""
    return of[0] if len(of) == 1 else Operation("×", of)


def over(top: Node, bottom: Node) -> Node:
    """The quotient."""
    return Operation("÷", (top, bottom))


def largest(*of: Node) -> Node:
    """The largest; of one, the thing itself."""
    return of[0] if len(of) == 1 else Operation("max", of)


def smallest(*of: Node) -> Node:
    """The smallest; of one, the thing itself."""
    return of[0] if len(of) == 1 else Operation("min", of)


def number(value: float, unit: str = "") -> Term:
    """A plain number of a formula, such as 1 in 1 - haircut."""
    return Term(f"{value:g}", value, unit, Origin("worked out", ""))


ZERO = number(0.0, "USD")


def inner(node: Node) -> Node:
    """What a named part is worked out from; anything else itself."""
    return node.of if isinstance(node, Part) else node


def worked(node: Node) -> float:
    """What the tree comes to; NaN where something is divided by 0."""
    if isinstance(node, Term):
        return node.value
    if isinstance(node, Part):
        return worked(node.of)
    return float(OPERATORS[node.sign].work([worked(one) for one in node.of]))


def written(node: Node, leaf: Callable[[Term | Part], str]) -> str:
    """The tree as text; leaf: how a number or a named part is written."""
    if not isinstance(node, Operation):
        return leaf(node)
    rank = OPERATORS[node.sign].rank
    if not rank:
        return f"{node.sign}({', '.join(written(one, leaf) for one in node.of)})"
    said = [_inside(one, rank, leaf, first=i == 0, sign=node.sign) for i, one in enumerate(node.of)]
    return f" {node.sign} ".join(said)


def _inside(node: Node, rank: int, leaf: Callable[[Term | Part], str], *, first: bool, sign: str) -> str:
    text = written(node, leaf)
    inner = OPERATORS[node.sign].rank if isinstance(node, Operation) else 0
    loose = inner and (inner < rank or (inner == rank and not first and sign in "−÷^"))
    negative = not isinstance(node, Operation) and text.startswith(("−", "-")) and not (first and rank == 1)
    return f"({text})" if loose or negative else text


def parts(node: Node) -> Iterator[Part]:
    """Every named part below `node`, from the top down, with repetitions."""
    if isinstance(node, Part):
        yield node
        yield from parts(node.of)
    elif isinstance(node, Operation):
        for one in node.of:
            yield from parts(one)


def leaves(node: Node) -> Iterator[Term]:
    """Every number below `node`, in the order of the text, with repetitions; plain numbers are left out."""
    if isinstance(node, Term):
        if node.origin.where:
            yield node
    elif isinstance(node, Part):
        yield from leaves(node.of)
    else:
        for one in node.of:
            yield from leaves(one)
