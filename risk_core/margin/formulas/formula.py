"""One figure as a formula: with names, with numbers, its parts line by line, its numbers with their sources."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .nodes import Node, Term, leaves, parts, worked, written

Write = Callable[[float, str], str]
"""How a number of a unit is written."""


def exact(value: float, unit: str) -> str:  # noqa: ARG001 - the plain way does not look at the unit
    """Twelve significant digits, a proper minus, no exponent where digits suffice."""
    text = f"{value:.12g}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a formula: its name, what it is with names and with numbers, and what it comes to."""

    name: str
    symbolic: str
    numeric: str
    result: float
    unit: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A figure. symbol: what stands before the equals sign. of: None where there is no such figure, told in limits.

    balance: where the figure is the price P at which two things are equal, the other one; `of` then is no price.
    """

    title: str
    symbol: str
    unit: str
    of: Node | None
    result: float | None
    limits: tuple[str, ...] = ()
    balance: Node | None = None

    @property
    def agrees(self) -> bool:
        """Whether the formula comes to the figure: a formula that does not is never shown."""
        if self.of is None or self.result is None:
            return True
        got, want = worked(self.of), self.result if self.balance is None else worked(self.balance)
        size = max((abs(term.value) for term in self.terms if term.unit == self.unit), default=1.0)
        return math.isclose(got, want, rel_tol=1e-6, abs_tol=1e-9 * size)

    @property
    def symbolic(self) -> str:
        """The formula with names."""
        if self.of is None:
            return f"{self.symbol} = none"
        right = f" = {symbols(self.balance)}" if self.balance is not None else ""
        return f"{'' if right else self.symbol + ' = '}{symbols(self.of)}{right}"

    def numeric(self, write: Write = exact) -> str:
        """The formula with this account's numbers."""
        if self.of is None:
            return f"{self.symbol} = none"
        if self.balance is None:
            return f"{self.symbol} = {numbers(self.of, write)}"
        at = "" if self.result is None else f" at {self.symbol} = {write(self.result, self.unit)}"
        return f"{numbers(self.of, write)} = {numbers(self.balance, write)}{at}"

    def lines(self, write: Write = exact) -> tuple[Line, ...]:
        """Every part once, in the order in which it is met from the top."""
        met = [part for node in self._nodes for part in parts(node)]
        found = {(part.name, worked(part)): part for part in met}
        return tuple(Line(part.name, part.symbol or symbols(part.of), numbers(part.of, write), worked(part), part.unit)
                     for part in found.values())

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every number once, in the order of the text."""
        return tuple(dict.fromkeys(term for node in self._nodes for term in leaves(node)))

    @property
    def _nodes(self) -> tuple[Node, ...]:
        return tuple(node for node in (self.of, self.balance) if node is not None)


def symbols(node: Node) -> str:
    """The tree with names."""
    return written(node, lambda one: one.name)


def numbers(node: Node, write: Write) -> str:
    """The tree with numbers; a part with what it comes to."""
    return written(node, lambda one: write(worked(one), one.unit))

