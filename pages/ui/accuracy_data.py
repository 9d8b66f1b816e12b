"""What the cases say, as the app ships it: every venue case with each printed figure beside ours, by venue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "data" / "accuracy.json"

Cell = float | str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed figure and ours, in the unit of the source. ours: None where nothing is computed, `none` where there
    is none; error, allowed: in the same unit, None where there are no two numbers. of: of how many figures of a list
    this is the furthest off.
    """

    name: str
    printed: Cell
    ours: Cell
    error: float | None
    allowed: float | None
    matched: bool
    of: int = 1

    @property
    def share(self) -> float | None:
        """The error as a share of the tolerance: from above 1 on the figure is missed."""
        if self.error is None or self.allowed is None:
            return None
        return self.error / self.allowed if self.allowed else 0.0 if self.matched else None


@dataclass(frozen=True, slots=True)
class Case:
    """One venue case. link: an address that may be opened; inferred: inputs that no source states; why: in dispute.

    rulebook: the shipped one it runs on, None where it is of a formula alone. laid: parameters in which the case's own
    figures stand; conventions: those in which its formula is another than the rulebook's, with the value; variant: of
    which variant of the venue the source is.
    """

    id: str
    venue: str
    source: str
    link: str | None
    kind: str
    mode: str | None
    formula: str
    inferred: tuple[str, ...]
    rulebook: str | None
    laid: tuple[str, ...]
    conventions: Mapping[str, str]
    variant: str
    matched: bool
    figures: tuple[Figure, ...]
    why: str = ""

    def is_about(self, rulebook: str) -> bool:
        """Does this case run on the rulebook?"""
        return self.rulebook == rulebook


@dataclass(frozen=True, slots=True)
class Venue:
    """The cases of one venue."""

    name: str
    cases: tuple[Case, ...]

    @property
    def matched(self) -> int:
        return sum(one.matched for one in self.cases)

    @property
    def largest(self) -> float | None:
        """The largest error of a figure as a share of its tolerance; None where nothing is computed."""
        return max((each.share for one in self.cases for each in one.figures if each.share is not None), default=None)

    @property
    def missing(self) -> int:
        """Printed figures that are not computed."""
        return sum(each.ours is None for one in self.cases for each in one.figures)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Everything, with the day (ISO) on which the figures last changed."""

    date: str
    cases: tuple[Case, ...]
    disputed: tuple[Case, ...]

    @property
    def matched(self) -> int:
        return sum(one.matched for one in self.cases)

    @property
    def venues(self) -> list[Venue]:
        """By name."""
        ordered = sorted(self.cases, key=lambda one: one.venue.casefold())
        return [Venue(name, tuple(own)) for name, own in groupby(ordered, lambda one: one.venue)]

    def uncovered(self, rulebooks: Iterable[str]) -> list[str]:
        """Rulebooks that no case is about."""
        return [name for name in rulebooks if not any(one.is_about(name) for one in self.cases)]

    def untold(self, modes: Iterable[str]) -> list[str]:
        """Margin modes that no case is in."""
        seen = {one.mode for one in self.cases}
        return [mode for mode in modes if mode not in seen]


def read(file: Path) -> Accuracy:
    """The report of a data file."""
    data = json.loads(file.read_text("utf-8"))
    return Accuracy(data["date"], *(tuple(map(_case, data[name])) for name in ("cases", "disputed")))


@cache
def accuracy() -> Accuracy:
    """The report that is shipped."""
    return read(FILE)


def _case(row: dict[str, Any]) -> Case:
    figures = tuple(Figure(**one) for one in row["figures"])
    return Case(**{**row, "inferred": tuple(row["inferred"]), "laid": tuple(row["laid"]), "figures": figures})
