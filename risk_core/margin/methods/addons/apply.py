"""Lays a rulebook's add-ons over what a method demands: scales, amounts in the core, floors, tools, amounts on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ....arrays import Flags, Floats
from ....rulebooks.addon_rows import FLOOR, IN_THE_CORE, ON_TOP
from ....rulebooks.addons import AddOnRules
from ..demand import Demand, Pool
from . import money, procyclicality
from .exposure import Exposure
from .kinds import AMOUNTS, SCALES, Kind
from .tally import Sides, Tally
from .tiered_minimum import stepped


def applied(asked: Demand, pool: Pool, rules: AddOnRules) -> Demand:
    """`asked` with the add-ons: its core times scales, plus what stands in it, at least its floors, then the rest."""
    work = _Work(pool, rules, asked)
    work.scale()
    work.depegs("core")
    for place in (IN_THE_CORE, FLOOR):
        work.amounts(place)
    work.tools()
    work.amounts(ON_TOP)
    work.depegs("short options and futures")
    work.borrowing()
    worst = asked.worst
    if work.tally.floors:
        worst = f"{worst} Higher than that: {'; '.join(work.tally.floors)}."
    return replace(asked, parts=(*asked.parts, *work.tally.parts), worst=worst,
                   left_out=(*asked.left_out, *dict.fromkeys(work.left_out)))


class _Work:
    """One laying over. left_out: sentences on what cannot be charged."""

    def __init__(self, pool: Pool, rules: AddOnRules, asked: Demand) -> None:
        self.pool, self.rules, self.held = pool, rules, Exposure(pool)
        self.tally = Tally(self.held, asked)
        self.left_out: list[str] = []

    def scale(self) -> None:
        """The core times its scales, one after the other."""
        for name, kind in SCALES.items():
            for row, mine in self._rows(name):
                self.tally.times(f"addons.{name}", kind.title, _sides(row, self._measured(name, kind, row, mine)))

    def amounts(self, place: str) -> None:
        """Every amount that stands at `place`."""
        for name, kind in AMOUNTS.items():
            for row, mine in self._rows(name):
                if row.place == place:
                    self._put(place, f"addons.{name}", kind.title, self._sides_of(name, kind, row, mine))

    def _sides_of(self, name: str, kind: Kind, row: Any, mine: Flags) -> Sides:
        amount = self._measured(name, kind, row, mine)
        if name == "tiered_minimum":
            for u, underlying in enumerate(self.tally.names):
                amount[:, u] = stepped(amount[:, u], _own(self.rules.minimum_steps, underlying))
        return _sides(row, amount)

    def _put(self, place: str, key: str, title: str, amount: Sides) -> None:
        if place == FLOOR:
            self.tally.floor(key, title, amount)
        elif place == IN_THE_CORE:
            self.tally.put(key, title, amount)
        else:
            self.tally.on_top(key, title, amount, self.tally.names)

    def tools(self) -> None:
        """Tools against procyclicality, on all that stands so far."""
        for row, mine in self._rows("procyclicality"):
            lacking = self._lacking("procyclicality", f"tool “{row.tool}”", procyclicality.needs(row), mine)
            factor = np.where(mine & ~lacking, procyclicality.factor(self.held, row), 0.0)
            wide = np.broadcast_to(factor, self.held.price.shape)
            self.tally.times("addons.procyclicality", f"tool “{row.tool}”", _sides(row, wide))

    def depegs(self, on: str) -> None:
        """What a dollar coin below its threshold adds, to the core or on top."""
        for row, mine in self._rows("depeg"):
            if row.on != on:
                continue
            gap, title = money.gap(self.pool, row), f"{row.asset} below {row.threshold:g}"
            if gap is None:
                self.left_out.append(f"The charge for {title} (addons.depeg) is left out: market.assets has no price.")
            elif on == "core":
                self.tally.times("addons.depeg", title, _sides(row, gap * np.where(mine, 1.0, 0.0 * self.held.price)))
            else:
                amount = _sides(row, gap * np.where(mine, money.at_risk(self.held), 0.0))
                self._put(row.place, "addons.depeg", title, amount)

    def borrowing(self) -> None:
        """What is asked of balances owed, by asset."""
        held = self.pool.account.collateral
        for asset, amount in zip(held.assets, self.pool.collateral, strict=True):
            if amount < 0:
                for row in _own(self.rules.borrowing, asset):
                    owed = money.owed(self.pool, asset)[:, None]
                    self.tally.on_top("addons.borrowing", f"{asset} owed", _sides(row, owed), ("",))

    def _rows(self, name: str) -> list[tuple[Any, Flags]]:
        """The rows of an add-on, and which underlyings each is for, (U,)."""
        rows = getattr(self.rules, name)
        chosen = [_own(rows, underlying)[:1] for underlying in self.tally.names]
        return [(row, np.array([row in one for one in chosen], dtype=np.bool_)) for row in rows]

    def _measured(self, name: str, kind: Kind, row: Any, mine: Flags) -> Floats:
        """The measure of the underlyings that are `mine` and have what it needs, else 0, (S, U)."""
        lacking = self._lacking(name, kind.title, kind.needs(row), mine, kind.asks(self.held))
        if not mine.any():
            return np.zeros_like(self.held.price)
        return np.where(mine & ~lacking, np.nan_to_num(kind.measure(self.held, row)), 0.0)

    def _lacking(self, name: str, title: str, needs: Sequence[str], mine: Flags, asks: Flags | None = None) -> Flags:
        """Which underlyings lack a figure, (U,); those that are held are told."""
        sizes = np.abs(self.held.quantity) * (True if asks is None else asks)
        used = self.held.by_underlying(sizes).any(axis=0)
        lacking = np.zeros(len(mine), dtype=np.bool_)
        for key in needs:
            missing = np.isnan(self.held.stated(key))
            lacking |= missing
            for u in np.flatnonzero(missing & mine & used):
                path = f"market.underlyings.{self.tally.names[u]}.{key}"
                self.left_out.append(f"{self.tally.names[u]} {title} (addons.{name}) is left out: {path} is not given.")
        return lacking


def _own(rows: Sequence[Any], underlying: str) -> list[Any]:
    """The rows of `underlying`; where it has none, those of any."""
    return [row for row in rows if row.underlying == underlying] or [row for row in rows if not row.underlying]


def _sides(row: Any, amount: Floats) -> Sides:
    initial, maintenance = row.rates
    return initial * amount, maintenance * amount
