"""The strategies a book of legs can be paired into, and what each is charged.

In cash terms a strategy asks R: short straddle or strangle the greater side and the premium of the other; covered call
or put the premium; spreads, butterflies, boxes and condors their greatest loss at expiry, at least 0. Equity already
counts every option at its mark, so what is charged here is R − marks short + marks long, at least 0.
Source: Cboe margin manual; figures and formulas in docs/methods/strategies.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from ....arrays import Floats
from .legs import CALL, PUT, UNDERLYING, Leg, Legs

NAKED, LONG = "Naked short options", "Long options paid in full"
COVERED, STRADDLE, VERTICAL = "Covered calls and puts", "Short straddles and strangles", "Verticals and calendars"
BUTTERFLY, BOX, CONDOR = "Butterflies", "Boxes", "Iron condors"
FAMILIES = (COVERED, STRADDLE, VERTICAL, BUTTERFLY, BOX, CONDOR)
MOST = 2_000
"""Strategies of one family on one underlying that are looked at; beyond, the family is left out."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One strategy per unit: the legs it uses up, by place in Legs, and how many of each."""

    family: str
    legs: tuple[int, ...]
    counts: tuple[float, ...]


def strategies(legs: Legs) -> tuple[tuple[Strategy, ...], tuple[str, ...]]:
    """Every strategy of the legs, and the families left out because there are more than MOST of them."""
    found: list[Strategy] = []
    left_out = []
    for family in FAMILIES:
        own = _at_most(_FINDERS[family](legs.legs))
        if own is None:
            left_out.append(family)
        else:
            found += own
    return tuple(found), tuple(left_out)


def _at_most(found: Iterable[Strategy]) -> list[Strategy] | None:
    out = []
    for one in found:
        out.append(one)
        if len(out) > MOST:
            return None
    return out


def charges(legs: Legs, found: Sequence[Strategy]) -> Floats:
    """Charge of a unit of each strategy besides the marks in equity, dollars (n, len(found))."""
    out = np.zeros((len(legs.index), len(found)))
    for column, one in enumerate(found):
        at, counts = list(one.legs), np.array(one.counts)
        sign = np.array([1.0 if legs.legs[i].is_long else -1.0 for i in at])
        marks = legs.mark[:, at] @ (sign * counts)
        out[:, column] = np.maximum(_cash(legs, one) + marks, 0.0)
    return out


def _cash(legs: Legs, one: Strategy) -> Floats | float:
    """R of a unit of the strategy, dollars."""
    if one.family == STRADDLE:
        sides, marks = legs.alone[:, one.legs] + legs.mark[:, one.legs], legs.mark[:, one.legs]
        greater = sides[:, 0] >= sides[:, 1]
        return np.asarray(np.where(greater, sides[:, 0] + marks[:, 1], sides[:, 1] + marks[:, 0]))
    if one.family == COVERED:
        return np.asarray(legs.mark[:, one.legs[0]])
    return greatest_loss([legs.legs[i] for i in one.legs], one.counts)


def greatest_loss(legs: Sequence[Leg], counts: Sequence[float]) -> float:
    """Most that options lose at expiry, dollars ≥ 0: the payoff is least at 0, at a strike, or beyond the last one."""
    strikes = [leg.strike for leg in legs]
    points = np.array([0.0, *strikes, 2.0 * max(strikes) + 1.0])
    total = np.zeros(len(points))
    for leg, count in zip(legs, counts, strict=True):
        away = points - leg.strike if leg.right == CALL else leg.strike - points
        total += (count if leg.is_long else -count) * np.maximum(away, 0.0)
    return max(-float(total.min()), 0.0)


def _where(legs: Sequence[Leg], right: str, *, is_long: bool) -> list[int]:
    return [i for i, leg in enumerate(legs) if leg.right == right and leg.is_long == is_long]


def _covered(legs: Sequence[Leg]) -> Iterator[Strategy]:
    for right, is_long in ((CALL, True), (PUT, False)):
        for short, cover in product(_where(legs, right, is_long=False), _where(legs, UNDERLYING, is_long=is_long)):
            yield Strategy(COVERED, (short, cover), (1.0, 1.0))


def _straddles(legs: Sequence[Leg]) -> Iterator[Strategy]:
    for pair in product(_where(legs, CALL, is_long=False), _where(legs, PUT, is_long=False)):
        yield Strategy(STRADDLE, pair, (1.0, 1.0))


def _verticals(legs: Sequence[Leg]) -> Iterator[Strategy]:
    """A long option covers a short one of its kind that does not outlive it."""
    for right in (CALL, PUT):
        for short, long in product(_where(legs, right, is_long=False), _where(legs, right, is_long=True)):
            if legs[long].years >= legs[short].years:
                yield Strategy(VERTICAL, (short, long), (1.0, 1.0))


def _same_expiry(legs: Sequence[Leg], right: str, *, is_long: bool) -> dict[float, list[int]]:
    """Places of options by years to expiry, strikes rising."""
    out: dict[float, list[int]] = {}
    for i in sorted(_where(legs, right, is_long=is_long), key=lambda i: legs[i].strike):
        out.setdefault(legs[i].years, []).append(i)
    return out


def _butterflies(legs: Sequence[Leg]) -> Iterator[Strategy]:
    """Wings of one side around twice the other side's middle, one kind and expiry."""
    for right, wings_long in product((CALL, PUT), (True, False)):
        middles = _same_expiry(legs, right, is_long=not wings_long)
        for years, wings in _same_expiry(legs, right, is_long=wings_long).items():
            for (low, high), middle in product(combinations(wings, 2), middles.get(years, [])):
                if legs[low].strike < legs[middle].strike < legs[high].strike:
                    yield Strategy(BUTTERFLY, (low, middle, high), (1.0, 2.0, 1.0))


def _boxes(legs: Sequence[Leg]) -> Iterator[Strategy]:
    """A synthetic long at one strike and a synthetic short at another, one expiry."""
    at = {(leg.right, leg.is_long, leg.strike, leg.years): i for i, leg in enumerate(legs)}
    buys = [(at[CALL, True, leg.strike, leg.years], i) for i, leg in enumerate(legs)
            if leg.right == PUT and not leg.is_long and (CALL, True, leg.strike, leg.years) in at]
    sells = [(at[CALL, False, leg.strike, leg.years], i) for i, leg in enumerate(legs)
             if leg.right == PUT and leg.is_long and (CALL, False, leg.strike, leg.years) in at]
    for buy, sell in product(buys, sells):
        if legs[buy[0]].years == legs[sell[0]].years and legs[buy[0]].strike != legs[sell[0]].strike:
            yield Strategy(BOX, (*buy, *sell), (1.0, 1.0, 1.0, 1.0))


def _condors(legs: Sequence[Leg]) -> Iterator[Strategy]:
    """A short put spread below a short call spread, one expiry: only one of them can lose."""
    short_calls, long_calls = (_same_expiry(legs, CALL, is_long=side) for side in (False, True))
    short_puts, long_puts = (_same_expiry(legs, PUT, is_long=side) for side in (False, True))
    for years in short_calls:
        calls = [(s, b) for s, b in product(short_calls[years], long_calls.get(years, []))
                 if legs[b].strike > legs[s].strike]
        puts = [(s, b) for s, b in product(short_puts.get(years, []), long_puts.get(years, []))
                if legs[b].strike < legs[s].strike]
        for call, put in product(calls, puts):
            if legs[put[0]].strike <= legs[call[0]].strike:
                yield Strategy(CONDOR, (*call, *put), (1.0, 1.0, 1.0, 1.0))


_FINDERS = {COVERED: _covered, STRADDLE: _straddles, VERTICAL: _verticals, BUTTERFLY: _butterflies, BOX: _boxes,
            CONDOR: _condors}
