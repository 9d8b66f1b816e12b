"""Labels of the main picture: where each mode's first levels are written, and which modes survive where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from pages.ui import words
from pages.ui.axis import Axis
from pages.ui.levels import Level, Span, Standing
from risk_core.margin.models import MODES
from risk_core.margin.pools import POOL_ID, named


@dataclass(frozen=True, slots=True)
class Tag:
    """A label in a mode's lane. right: it stands to the right of x, else to the left; clear: in a lane left empty."""

    mode: str
    x: float
    text: str
    right: bool
    clear: bool


@dataclass(frozen=True, slots=True)
class Shade:
    """A range of x in which some modes survive and others do not, in words."""

    low: float
    high: float
    text: str


def tags(stand: Mapping[str, Standing], axis: Axis, view: Span, room: float) -> tuple[Tag, ...]:
    """Labels of each mode's first level on either side. room: share of the view that a label takes."""
    found = []
    for mode, one in stand.items():
        first = _beside(one, view)
        short = room > 0.5 and len(first) > 1
        for level in first:
            end = level.factor
            dead_left = any(high == end for _, high in one.dead)
            share = (end - view[0]) / (view[1] - view[0])
            outside = share if dead_left else 1.0 - share
            away = outside >= (0.2 if short else min(room, 0.5))
            roomy = outside > (0.4 if short else room)
            who = f"{_short(named(level.who))} " if level.who != POOL_ID and roomy else ""
            text = who + (words.move(end / one.here - 1.0) if short else axis.told(end))
            found.append(Tag(mode, axis.at(end), text, right=dead_left != away, clear=not away))
    return tuple(found)


def _beside(one: Standing, view: Span) -> list[Level]:
    """The nearest end of a dead span on either side of where the price stands, if in view."""
    below = [level for level in one.edges if level.factor <= one.here]
    above = [level for level in one.edges if level.factor > one.here]
    return [level for level in (*below[-1:], *above[:1]) if view[0] < level.factor < view[1]]


def _short(name: str) -> str:
    """A leg's name as a label has room for it."""
    return escape(name if len(name) <= 12 else name[:11] + "…", quote=False)


def shades(stand: Mapping[str, Standing], axis: Axis, view: Span) -> tuple[Shade, ...]:
    """Ranges of the view in which modes disagree about survival."""
    edges = {view[0], view[1]}
    edges |= {end for one in stand.values() for span in one.dead for end in span if view[0] < end < view[1]}
    ranges: list[tuple[float, float, frozenset[str]]] = []
    ordered = sorted(edges)
    for low, high in pairwise(ordered):
        middle = 0.5 * (low + high)
        alive = frozenset(mode for mode, one in stand.items() if not any(a < middle < b for a, b in one.dead))
        if ranges and ranges[-1][2] == alive:
            ranges[-1] = (ranges[-1][0], high, alive)
        else:
            ranges.append((low, high, alive))
    return tuple(Shade(axis.at(low), axis.at(high), _survivors(alive, stand)) for low, high, alive in ranges
                 if 0 < len(alive) < len(stand))


def _survivors(alive: frozenset[str], stand: Mapping[str, Standing]) -> str:
    titles = [MODES[mode].title for mode in stand if mode in alive]
    return f"only {titles[0]} survives" if len(titles) == 1 else f"{words.listed(titles)} survive"
