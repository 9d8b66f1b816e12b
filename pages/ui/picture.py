"""The main picture as values: lines, levels, ranges and labels, so that the figure only has to draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from pages.ui import words
from pages.ui.axis import Axis
from pages.ui.labels import Shade, Tag, shades, tags
from pages.ui.levels import Level, Span, Standing
from pages.ui.likely_moves import factor
from risk_core.arrays import Floats
from risk_core.margin.curves import Walk
from risk_core.margin.models import MODES
from risk_core.margin.pools import POOL_ID, named

VIEW: Span = (0.45, 1.65)
"""Levels within these multiples of the present price are brought into view; farther ones are told beside it."""
LEAST, WIDEST = 0.12, 0.50
"""Half width of the view, relative: at least, and when there is no level to show."""
TALLEST = 4.5
"""How many times the highest equity in view a requirement is followed upwards; above it the lane still tells."""
FLOOR = 0.25
"""How far below zero the view reaches, as a share of its height above."""


@dataclass(frozen=True, eq=False)
class Trace:
    """One line, dollars along the ladder. modes: whose it is."""

    name: str
    modes: tuple[str, ...]
    values: Floats


@dataclass(frozen=True, slots=True)
class Point:
    """A liquidation level to mark. y: the requirement there, dollars; text: who, price and distance."""

    level: Level
    x: float
    y: float
    text: str


@dataclass(frozen=True, eq=False)
class Picture:
    """Everything the figure draws. dead: per mode the spans in x in which something of it is liquidated."""

    axis: Axis
    x: Floats
    view: Span
    height: Span
    equity: tuple[Trace, ...]
    maintenance: tuple[Trace, ...]
    dead: Mapping[str, tuple[Span, ...]]
    points: tuple[Point, ...]
    tags: tuple[Tag, ...]
    narrow_tags: tuple[Tag, ...]
    shades: tuple[Shade, ...]
    now: float
    here: float
    bands: tuple[Span, ...]
    footer: str


def picture(found: Walk, stand: Mapping[str, Standing], axis: Axis, daily: float | None, footer: str) -> Picture:
    """The picture of a walk. daily: the daily volatility of the walked price, None where it has none."""
    view = _view(stand, axis.here)
    x = np.array([axis.at(factor) for factor in found.factors])
    span = (axis.at(view[0]), axis.at(view[1]))
    points = tuple(_point(found, level, axis) for one in stand.values() if not _filled(one, view)
                   for level in dict.fromkeys((*one.edges, *one.down, *one.up)))
    equity = _equity(found)
    maintenance = tuple(Trace(MODES[mode].title, (mode,), curve.maintenance) for mode, curve in found.curves.items())
    dead = {mode: tuple((axis.at(low), axis.at(min(high, 1e6))) for low, high in one.dead)
            for mode, one in stand.items()}
    return Picture(
        axis, x, span, _height(equity, maintenance, found.factors, view), equity, maintenance, dead, points,
        tags(stand, axis, view, 0.30), tags(stand, axis, view, 0.62), shades(stand, axis, view), axis.at(1.0),
        axis.at(axis.here), _bands(axis, daily), footer,
    )


def _view(stand: Mapping[str, Standing], here: float) -> Span:
    """A range that holds the levels near enough to be read together, now, and the what-if."""
    ends = [level.factor for one in stand.values() for level in (*one.nearest, *one.edges)]
    near = [end for end in ends if VIEW[0] <= end <= VIEW[1]]
    half = max(LEAST, 1.45 * max(abs(end - 1.0) for end in near)) if near else WIDEST
    low, high = max(1.0 - half, 0.02), 1.0 + half
    return min(low, here - 0.15 * half), max(high, here + 0.15 * half)


def _filled(one: Standing, view: Span) -> bool:
    """True where the whole lane in view is dead: marks in it would say nothing."""
    return any(low <= view[0] and high >= view[1] for low, high in one.dead)


def _height(equity: Sequence[Trace], maintenance: Sequence[Trace], factors: Floats, view: Span) -> Span:
    inside = (factors >= view[0]) & (factors <= view[1])
    held, asked = (np.concatenate([trace.values[inside] for trace in traces]) for traces in (equity, maintenance))
    most = max(float(held.max(initial=0.0)), 1.0)
    top = max(most, min(float(asked.max(initial=0.0)), TALLEST * most))
    bottom = min(0.0, max(float(held.min(initial=0.0)), -FLOOR * top))
    return bottom - 0.03 * top, top * 1.24


def _equity(found: Walk) -> tuple[Trace, ...]:
    """One line per distinct equity, named by what it counts."""
    groups: list[tuple[list[str], Floats]] = []
    for mode, curve in found.curves.items():
        scale = max(float(np.abs(curve.equity).max(initial=0.0)), 1.0)
        same = next((modes for modes, values in groups if np.abs(values - curve.equity).max() < 1e-9 * scale), None)
        if same is None:
            groups.append(([mode], curve.equity))
        else:
            same.append(mode)
    if len(groups) == 1:
        return (Trace("Equity", tuple(groups[0][0]), groups[0][1]),)
    return tuple(Trace(_equity_name(found, modes), tuple(modes), values) for modes, values in groups)


def _equity_name(found: Walk, modes: list[str]) -> str:
    """What tells this equity from the others: the value of options, where only some of the modes count it."""
    counts = {mode: curve.counts_option_value for mode, curve in found.curves.items()}
    if len(set(counts.values())) == 1:
        return f"Equity in {words.listed([MODES[mode].title for mode in modes])}"
    return "Equity incl. options" if all(counts[mode] for mode in modes) else "Equity excl. options"


def _point(found: Walk, level: Level, axis: Axis) -> Point:
    requirement = found.curves[level.mode].maintenance
    y = float(np.interp(level.factor, found.factors, requirement))
    who = "" if level.who == POOL_ID else f"{escape(named(level.who), quote=False)}: "
    return Point(level, axis.at(level.factor), y, f"{who}{axis.told(level.factor)}")


def _bands(axis: Axis, daily: float | None) -> tuple[Span, ...]:
    if daily is None or axis.unit is None:
        return ()
    return tuple((axis.unit * factor(-n * daily), axis.unit * factor(n * daily)) for n in (2, 1))
