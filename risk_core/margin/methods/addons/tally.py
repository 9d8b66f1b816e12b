"""Running totals of a demand while add-ons are laid over its core: by underlying, or of a core that is one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....arrays import Floats, Ints
from ..demand import Demand, Part, Side
from .exposure import Exposure

Sides = tuple[Floats, Floats]
"""Initial and maintenance margin, of one shape."""


class Tally:
    """What the parts so far come to, initial and maintenance, (S, G): G underlyings, or 1 where the core is of several.

    group: of each underlying, (U,).
    """

    def __init__(self, held: Exposure, asked: Demand) -> None:
        self.names = held.pool.account.underlyings
        self.used = held.by_underlying(np.abs(held.quantity)) > 0
        joint = self.is_joint = any(part.underlying not in self.names for part in asked.core)
        self.group: Ints = np.zeros(len(self.names), dtype=np.int64) if joint else np.arange(len(self.names))
        self.labels: Sequence[str] = ("",) if joint else self.names
        self.totals: Sides = _core(asked, "initial", self.labels), _core(asked, "maintenance", self.labels)
        self.parts: list[Part] = []
        self.floors: list[str] = []

    def put(self, key: str, title: str, amount: Sides) -> None:
        """Add amounts by underlying, (S, U) each, to the core."""
        for u, name in enumerate(self.names):
            self._part(key, title, name, amount[0][:, u], amount[1][:, u])
            for total, side in zip(self.totals, amount, strict=True):
                total[:, self.group[u]] += side[:, u]

    def on_top(self, key: str, title: str, amount: Sides, names: Sequence[str]) -> None:
        """Add amounts, (S, len(names)) each, that nothing is compared with."""
        for at, name in enumerate(names):
            self._part(key, title, name, amount[0][:, at], amount[1][:, at])

    def floor(self, key: str, title: str, amount: Sides) -> None:
        """Raise the totals to amounts by underlying, (S, U) each, where these are higher."""
        grouped = [self._grouped(side) for side in amount]
        more = tuple(np.maximum(side - total, 0.0) for side, total in zip(grouped, self.totals, strict=True))
        for at, name in enumerate(self.labels):
            if more[1][0, at] > 0:
                self.floors.append(f"{name} {title}".strip())
        self._onto(key, title, more)

    def times(self, key: str, title: str, factor: Sides) -> None:
        """Multiply the totals by 1 + factor, (S, U) each; a core of several takes the highest of them."""
        more = []
        for side, total in zip(factor, self.totals, strict=True):
            more.append(total * (self._highest(side) if self.is_joint else side))
        self._onto(key, title, (more[0], more[1]))

    def _onto(self, key: str, title: str, more: Sequence[Floats]) -> None:
        for total, side in zip(self.totals, more, strict=True):
            np.add(total, side, out=total)
        for at, name in enumerate(self.labels):
            self._part(key, title, name, more[0][:, at], more[1][:, at])

    def _grouped(self, amount: Floats) -> Floats:
        return amount.sum(axis=1, keepdims=True) if self.is_joint else amount

    def _highest(self, factor: Floats) -> Floats:
        """The highest of the underlyings held, 0 where none is, (S, 1)."""
        found = np.where(self.used, factor, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
        return np.where(np.isfinite(found), found, 0.0)

    def _part(self, key: str, title: str, name: str, initial: Floats, maintenance: Floats) -> None:
        if initial.any() or maintenance.any():
            self.parts.append(Part(key, _headed(name, title), name, initial, maintenance))


def _core(asked: Demand, side: Side, labels: Sequence[str]) -> Floats:
    """One side of the core by underlying, or of all where the label is "", (S, len(labels))."""
    out = np.zeros((asked.states, len(labels)))
    for at, name in enumerate(labels):
        out[:, at] = asked.core_sum(side, name or None)
    return out


def _headed(name: str, title: str) -> str:
    return f"{name} {title}" if name else title[:1].upper() + title[1:]
