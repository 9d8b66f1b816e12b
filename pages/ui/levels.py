"""Where each mode gives way along a walk, read from the walk's levels: what cards, picture and sentences share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from risk_core.liquidation.walks import HIGHEST, LOWEST
from risk_core.margin.curves import Line, Walk
from risk_core.margin.pools import POOL_ID

Span = tuple[float, float]
"""An open interval of the price factor; 0 and infinity where it reaches the end of the walk."""
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Level:
    """One liquidation level of a mode. factor: multiple of the price before the what-if; who: id of a pool or leg."""

    mode: str
    who: str
    factor: float


@dataclass(frozen=True, slots=True)
class Standing:
    """One mode seen from where the price stands. here: that factor, 1 for now.

    dead: spans in which the pool or a leg is liquidated, joined. down, up: the first level met on either side, per
    pool or leg, nearest first. gone: pool or legs liquidated where the price stands.
    """

    mode: str
    here: float
    dead: tuple[Span, ...]
    down: tuple[Level, ...]
    up: tuple[Level, ...]
    gone: tuple[str, ...]

    @property
    def nearest(self) -> tuple[Level, ...]:
        """The first level on either side, the nearer one first."""
        found = [*self.down[:1], *self.up[:1]]
        return tuple(sorted(found, key=lambda level: abs(math.log(level.factor / self.here))))

    @property
    def edges(self) -> tuple[Level, ...]:
        """Every end of a dead span that is a price, whoever it belongs to."""
        ends = (end for span in self.dead for end in span if 0 < end < math.inf)
        return tuple(Level(self.mode, self._who(end), end) for end in ends)

    def _who(self, end: float) -> str:
        near = (level.who for level in (*self.down, *self.up) if math.isclose(level.factor, end, rel_tol=SAME))
        return next(near, POOL_ID)

    @property
    def reach(self) -> float:
        """How far the price can go before this mode gives way: |log factor|, 0 when it has, infinite when never."""
        if self.gone:
            return 0.0
        return min((abs(math.log(level.factor / self.here)) for level in self.nearest), default=math.inf)

    @property
    def around(self) -> Span | None:
        """The dead span the price stands in."""
        return next((span for span in self.dead if span[0] < self.here < span[1]), None)


def standings(found: Walk, here: float) -> dict[str, Standing]:
    """Every mode of the walk as seen from the factor `here`."""
    return {mode: _standing(mode, opened(lines, here), here) for mode, lines in found.levels.items()}


def opened(lines: Iterable[Line], here: float) -> Mapping[str, list[Span]]:
    """Spans of each pool or leg; an end of the walk becomes 0 or infinity."""
    low_end, high_end = LOWEST * here * (1 + SAME), HIGHEST * here * (1 - SAME)
    return {
        line.who: [(0.0 if low <= low_end else low, math.inf if high >= high_end else high)
                   for low, high in line.regions]
        for line in lines
    }


def _standing(mode: str, spans: Mapping[str, list[Span]], here: float) -> Standing:
    down, up, gone = [], [], []
    for who, own in spans.items():
        if any(low < here * (1 - SAME) and high > here * (1 + SAME) for low, high in own):
            gone.append(who)
            continue
        below = [high for _, high in own if high <= here * (1 + SAME)]
        above = [low for low, _ in own if low >= here * (1 - SAME) and low > 0]
        if below:
            down.append(Level(mode, who, max(below)))
        if above:
            up.append(Level(mode, who, min(above)))
    down.sort(key=lambda level: -level.factor)
    up.sort(key=lambda level: level.factor)
    return Standing(mode, here, joined(span for own in spans.values() for span in own), tuple(down), tuple(up),
                    tuple(gone))


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans as sorted, disjoint ones."""
    out: list[Span] = []
    for low, high in sorted(spans):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return tuple(out)
