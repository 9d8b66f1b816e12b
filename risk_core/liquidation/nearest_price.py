"""The smallest move of one price that liquidates, together with its implied volatility or by a later day.

At each volatility, or on each day, every price at which a bucket is liquidated is known from the complete search along
the price; what is left is a search in one dimension.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Floats
from ..margin.holding import Holding, hold
from ..margin.models import MODES, usable
from ..margin.pledges import pinned
from ..portfolio.account_file import Account
from ..portfolio.whatif import WhatIf, move
from ..rulebooks.rules import Rulebook
from .frontier import NOW
from .lines import ZERO
from .nearest import FARTHEST, Spread
from .search import Region
from .thresholds import along
from .volatilities import Spot, Volatilities
from .walks import HIGHEST, LOWEST

COARSE, FINE, ROUNDS, PIECE = 25, 17, 2, 16
LONGEST = 700.0
"""The longest log move that is a float."""
BEYOND = FARTHEST * (1.0 + 1e-9)
"""Sigmas before anything is found: at FARTHEST itself a point still counts."""
DAYS = 24
"""Days looked at first, besides those on which something expires; then every whole day around the best of them."""


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A point of the frontier. factor: multiple of the price. other: multiple of volatilities, or days from today.

    sigmas: with volatility, the joint distance in daily standard deviations; by a day, the move in standard deviations
    of the price by that day, 0 where no move is needed.
    """

    factor: float
    other: float
    sigmas: float


def nearest_with_volatility(account: Account, rulebook: Rulebook, name: str, how: Spread,
                            modes: Iterable[str] = tuple(MODES)) -> dict[str, PriceMove | None]:
    """Per mode the smallest joint move of the price of `name` and of every implied volatility that liquidates.

    how: the daily deviations of both, and their correlation. None where none within FARTHEST sigmas does.
    Raises Unsettled.
    """
    holdings = [hold(account, rulebook.rules, mode) for mode in usable(modes, account, rulebook.rules)]
    lines = Volatilities(holdings, account.direction((name,)))
    best = _round(lines, how, [PriceMove(1.0, 1.0, BEYOND)] * len(holdings), np.zeros((len(holdings), 1)))
    centre, half = np.zeros(len(best)), np.minimum([one.sigmas for one in best], FARTHEST) * how.volatilities[1]
    for count in (COARSE, *[FINE] * ROUNDS):
        best = _round(lines, how, best, centre[:, None] + half[:, None] * np.linspace(-1.0, 1.0, count))
        centre, half = np.log([one.other for one in best]), 2.0 * half / (count - 1)
    return {holding.mode.name: one if one.sigmas <= FARTHEST else None
            for holding, one in zip(holdings, best, strict=True)}


def _round(lines: Volatilities, how: Spread, best: Sequence[PriceMove], moves: Floats) -> list[PriceMove]:
    """The best of each holding, with the nearest liquidated points at log moves of volatility (holdings, n)."""
    spots = [spot for number, one in enumerate(best) if one.sigmas > 0.0
             for w in moves[number] if (spot := _spot(number, float(w), one.sigmas, how)) is not None]
    out = list(best)
    for spot, found in zip(spots, lines.regions(spots), strict=True):
        near = _closest(found, math.log(spot.volatility), how)
        out[spot.holding] = min(out[spot.holding], near, key=lambda one: one.sigmas)
    return out


def _spot(number: int, w: float, sigmas: float, how: Spread) -> Spot | None:
    """Where to search at the log volatility move `w`: no farther than `sigmas`; None where all is farther."""
    (price, volatility), rho = how.volatilities, how.bounded
    left = sigmas**2 - (w / volatility) ** 2
    if left < 0.0:
        return None
    across = price * math.sqrt((1.0 - rho * rho) * left)
    likeliest = rho * price * w / volatility
    return Spot(number, math.exp(w), math.exp(max(likeliest - across, -LONGEST)),
                math.exp(min(likeliest + across, LONGEST)))


def _closest(regions: Sequence[Region], w: float, how: Spread) -> PriceMove:
    """At the log volatility move `w` the liquidated price nearest to the one that is likeliest with it."""
    (price, volatility), rho = how.volatilities, how.bounded
    likeliest = rho * price * w / volatility
    p = _liquidated(regions, likeliest)
    across = (p - likeliest) / (price * math.sqrt(1.0 - rho * rho))
    return PriceMove(math.exp(min(p, LONGEST)), math.exp(w), math.hypot(w / volatility, across))


def _liquidated(regions: Sequence[Region], start: float) -> float:
    """Log price in or at the end of a region that is nearest to `start`; infinite without a region."""
    if any(math.log(low) <= start <= math.log(high) for low, high in regions):
        return start
    ends = [math.log(end) for region in regions for end in region]
    return min(ends, key=lambda end: abs(end - start), default=math.inf)


def nearest_by_day(account: Account, rulebook: Rulebook, name: str, daily: float, until: float,
                   modes: Iterable[str] = tuple(MODES), at: WhatIf = NOW) -> dict[str, PriceMove | None]:
    """Per mode the day and price at which the narrowest cone |log move| = s × daily × √days meets the frontier.

    Whole days from those of `at` to `until` days from today, at the prices and volatility of `at`; the earliest of
    equals. None where nothing liquidates on any of them. Raises Refused, Unsettled.
    """
    chosen = tuple(mode.name for mode in usable(modes, account, rulebook.rules))
    fixed = pinned(account, rulebook)
    days = np.arange(at.days + 1.0, until + 1e-9)
    first = _first_days(account, days)
    known = _on_days(fixed, rulebook, name, daily, first, chosen, at)
    best = [one.other for mode in chosen if (one := _earliest(known, mode)) is not None]
    more = [float(day) for day in days if day not in known and any(_is_beside(day, one, first) for one in best)]
    known |= _on_days(fixed, rulebook, name, daily, more, chosen, at)
    return {mode: _earliest(known, mode) for mode in chosen}


def _first_days(account: Account, days: Floats) -> list[float]:
    """Some days spread evenly, the day each expiry has passed and the one before it."""
    if len(days) <= DAYS:
        return [float(day) for day in days]
    years = account.instruments.years
    ends = np.ceil(np.unique(years[np.isfinite(years)]) * 365.0 - days[0]) + days[0]
    spread = days[np.linspace(0, len(days) - 1, DAYS).astype(np.int64)]
    return sorted({float(day) for day in (*spread, *ends, *(ends - 1.0)) if days[0] <= day <= days[-1]})


def _is_beside(day: float, best: float, looked: Sequence[float]) -> bool:
    """True for a day between the neighbours of `best` among those looked at."""
    low = max((one for one in looked if one < best), default=best)
    return low <= day <= min((one for one in looked if one > best), default=best)


def _on_days(fixed: Account, rulebook: Rulebook, name: str, daily: float, days: Sequence[float],
             modes: Sequence[str], at: WhatIf) -> dict[float, Mapping[str, PriceMove]]:
    """Per day and mode the nearest liquidated price."""
    later = [move(fixed, replace(at, days=day)) for day in days]
    regions = {mode: _regions([hold(one, rulebook.rules, MODES[mode]) for one in later], fixed.direction((name,)))
               for mode in modes}
    return {day: {mode: _on_day(regions[mode][i], day, daily * math.sqrt(day - at.days)) for mode in modes}
            for i, day in enumerate(days)}


def _on_day(regions: Sequence[Region], day: float, deviation: float) -> PriceMove:
    p = _liquidated(regions, 0.0)
    return PriceMove(math.exp(min(p, LONGEST)), day, abs(p) / deviation)


def _earliest(known: Mapping[float, Mapping[str, PriceMove]], mode: str) -> PriceMove | None:
    found = [known[day][mode] for day in sorted(known) if math.isfinite(known[day][mode].sigmas)]
    return min(found, key=lambda one: one.sigmas, default=None)


def _regions(holdings: Sequence[Holding], beta: Floats) -> list[list[Region]]:
    """Of each holding every region of the price factor in which one of its buckets is liquidated."""
    found: list[dict[int, list[Region]]] = []
    for start in range(0, len(holdings), PIECE):
        found += along(holdings[start:start + PIECE], beta)
    return [[region for regions in buckets.values() for region in regions] + _anyway(holding, buckets)
            for holding, buckets in zip(holdings, found, strict=True)]


def _anyway(holding: Holding, moved: Mapping[int, list[Region]]) -> list[Region]:
    """Every price, where a bucket that the price does not move is liquidated."""
    still = [bucket for bucket in range(holding.nets.buckets) if bucket not in moved]
    if not still:
        return []
    at = holding.now
    dead = (at.equity - at.maintenance)[0, still] < -ZERO * holding.size
    return [(LOWEST, HIGHEST)] if dead.any() else []
