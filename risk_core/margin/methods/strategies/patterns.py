"""The strategies a book of legs can be paired into, and what each is charged.

In cash terms a strategy asks R: short straddle or strangle the greater side and the premium of the other; covered call
or put the premium; spreads, butterflies, boxes and condors their greatest loss at expiry, at least 0. Equity already
counts every option at its mark, so what is charged here is R − marks short + marks long, at least 0.
Source: Cboe margin manual; figures and formulas in docs/methods/strategies.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

from ....arrays import Floats, Ints
from .legs import CALL, PUT, UNDERLYING, Leg, Legs

if TYPE_CHECKING:
    from scipy.sparse import csr_array

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


@dataclass(frozen=True, eq=False)
class Table:
    """Every strategy of some legs, (C,). uses: (m, C) units of each leg in a unit, sparse; signed: shorts below 0.

    loss: (C,) greatest loss at expiry of a unit, dollars. left_out: families of which there are more than MOST.
    """

    found: tuple[Strategy, ...]
    uses: csr_array
    signed: csr_array
    loss: Floats
    left_out: tuple[str, ...]

    def family(self, name: str) -> Ints:
        """The strategies of one family."""
        return np.array([i for i, one in enumerate(self.found) if one.family == name], dtype=np.int64)


@lru_cache(maxsize=64)
def strategies(legs: tuple[Leg, ...]) -> Table:
    """Every strategy of the legs."""
    from scipy.sparse import csr_array  # here: the first page of the app does without it

    sets = {family: _at_most(_FINDERS[family](legs)) for family in FAMILIES}
    found = tuple(one for own in sets.values() if own for one in own)
    uses = np.zeros((len(legs), len(found)))
    for column, one in enumerate(found):
        uses[list(one.legs), column] = one.counts
    sign = np.array([1.0 if leg.is_long else -1.0 for leg in legs])
    loss = np.array([0.0 if one.family in {STRADDLE, COVERED} else
                     greatest_loss([legs[i] for i in one.legs], one.counts) for one in found])
    left_out = tuple(family for family, own in sets.items() if own is None)
    return Table(found, csr_array(uses), csr_array(sign[:, None] * uses), loss, left_out)


def _at_most(found: Iterable[Strategy]) -> list[Strategy] | None:
    out = []
    for one in found:
        out.append(one)
        if len(out) > MOST:
            return None
    return out


def charges(legs: Legs, table: Table) -> Floats:
    """Charge of a unit of each strategy besides the marks in equity, dollars (n, C)."""
    cash = np.tile(table.loss, (len(legs.index), 1))
    pairs = {name: np.array([table.found[i].legs for i in table.family(name)], dtype=np.int64).reshape(-1, 2).T
             for name in (STRADDLE, COVERED)}
    cash[:, table.family(COVERED)] = legs.mark[:, pairs[COVERED][0]]
    call, put = pairs[STRADDLE]
    one, other = legs.mark[:, call], legs.mark[:, put]
    is_call = legs.alone[:, call] + one >= legs.alone[:, put] + other
    cash[:, table.family(STRADDLE)] = one + other + np.where(is_call, legs.alone[:, call], legs.alone[:, put])
    return np.asarray(np.maximum(cash + (table.signed.T @ legs.mark.T).T, 0.0))


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
