"""What strategy-based margin demands: legs paired so that least is asked, each family of strategies a part."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np

from ....arrays import Floats
from ....rulebooks.strategies import StrategyRules
from ..demand import Demand, Part, Pool
from .legs import UNDERLYING, Legs, is_short, legs_of
from .packing import pack
from .patterns import FAMILIES, LONG, NAKED, Strategy, Table, charges, strategies


@dataclass(frozen=True, slots=True)
class Paired:
    """A strategy at a pool's first state. words: its legs. units: of the underlying. charge: dollars besides marks."""

    underlying: str
    family: str
    words: str
    units: float
    charge: float


@dataclass(frozen=True, eq=False)
class Pairing:
    """The options of one underlying, paired at S states. by_family: dollars (S,). first: the strategies at the first.

    left_out: families that were not looked at, because there are too many of them.
    """

    by_family: dict[str, Floats]
    first: tuple[Paired, ...]
    left_out: tuple[str, ...]


def demand(pool: Pool, own: StrategyRules) -> Demand:
    """Margin by strategies at each state, per underlying."""
    parts, pairings = [], []
    for u in np.unique(pool.account.instruments.underlying):
        name = pool.account.underlyings[u]
        parts += _underlying(pool, int(u), own)
        pairings.append(pairing(pool, int(u), own))
        parts += [Part(f"strategies.{family}", f"{family}, {name}", name, value, value, is_core=True)
                  for family, value in pairings[-1].by_family.items()]
    return Demand(tuple(parts), (), _words(pairings), pool.states)


def paired(pool: Pool, own: StrategyRules) -> tuple[Paired, ...]:
    """The strategies the pool's legs are paired into at its first state, the dearest first."""
    found = (pairing(pool, int(u), own).first for u in np.unique(pool.account.instruments.underlying))
    return tuple(sorted(chain.from_iterable(found), key=lambda one: -one.charge))


def _underlying(pool: Pool, u: int, rules: StrategyRules) -> list[Part]:
    """Futures and perpetuals: a share of the notional of each net."""
    ins, name = pool.account.instruments, pool.account.underlyings[u]
    at = np.flatnonzero((ins.underlying == u) & ~ins.is_option)
    if not len(at):
        return []
    price = np.where(ins.inverse[at], 1.0, ins.mark[at] * pool.factors[:, [u]])
    long, short = (np.maximum(way * pool.quantity[:, at], 0.0) * price for way in (1.0, -1.0))
    initial = rules.underlying_initial * (long + short).sum(axis=1)
    maintenance = (rules.underlying_long * long + rules.underlying_short * short).sum(axis=1)
    return [Part("strategies.underlying", f"Futures and perpetuals, {name}", name, initial, maintenance, is_core=True)]


def pairing(pool: Pool, u: int, rules: StrategyRules) -> Pairing:
    """The options of underlying `u`, paired so that least is asked at each state."""
    key = np.column_stack([pool.factors[:, u], pool.quantity[:, pool.account.instruments.underlying == u]])
    _, first, back = np.unique(key, axis=0, return_index=True, return_inverse=True)
    back = back.ravel()
    legs = legs_of(pool, u, pool.factors[first, u], pool.quantity[first], rules)
    if all(leg.right == UNDERLYING for leg in legs.legs):
        return Pairing({}, (), ())
    table = strategies(legs.legs)
    charge = charges(legs, table)
    used = pack((table.uses.T @ legs.alone.T).T - charge, table.uses.toarray(), legs.amount).used
    left = np.maximum(legs.amount - (table.uses @ used.T).T, 0.0) * legs.alone
    short = is_short(legs)
    amounts = {NAKED: left[:, short].sum(axis=1), LONG: left[:, ~short].sum(axis=1)}
    for family in FAMILIES:
        mine = table.family(family)
        amounts[family] = (used[:, mine] * charge[:, mine]).sum(axis=1)
    held = _first(pool, u, legs, table, used[back[0]], charge[back[0]], int(back[0]))
    return Pairing({family: value[back] for family, value in amounts.items() if value.any()}, held, table.left_out)


def _first(pool: Pool, u: int, legs: Legs, table: Table, used: Floats, charge: Floats, row: int) -> tuple[Paired, ...]:
    name, left = pool.account.underlyings[u], legs.amount[row] - table.uses @ used
    least = 1e-9 * float(legs.amount[row].max(initial=0.0))
    out = [Paired(name, one.family, _legs_in_words(pool, legs, one), float(units), float(units * cost))
           for one, units, cost in zip(table.found, used, charge, strict=True) if units > least]
    for i, leg in enumerate(legs.legs):
        if leg.right != UNDERLYING and left[i] > least:
            alone = Strategy(LONG if leg.is_long else NAKED, (i,), (1.0,))
            out.append(Paired(name, alone.family, _legs_in_words(pool, legs, alone), float(left[i]),
                              float(left[i] * legs.alone[row, i])))
    return tuple(out)


def _legs_in_words(pool: Pool, legs: Legs, one: Strategy) -> str:
    labels = (*pool.account.instruments.labels, "coins of the collateral")
    return ", ".join(f"{'long' if legs.legs[i].is_long else 'short'} {'2 × ' if count == 2 else ''}"
                     f"{labels[legs.legs[i].instrument]}" for i, count in zip(one.legs, one.counts, strict=True))


def _words(pairings: list[Pairing]) -> str:
    """The dearest strategies now, and what was not looked at."""
    held = sorted(chain.from_iterable(one.first for one in pairings), key=lambda one: -one.charge)
    if not held:
        return "No options are held: futures and perpetuals are charged by notional."
    told = "; ".join(f"{one.family}: {one.units:,.6g} × {one.words} ({one.charge:,.0f} USD)" for one in held[:3])
    more = f"; and {len(held) - 3} more" if len(held) > 3 else ""
    lacking = sorted({family for one in pairings for family in one.left_out})
    aside = f" Not looked for, because there are too many: {', '.join(lacking)}." if lacking else ""
    return f"{told}{more}.{aside}"
