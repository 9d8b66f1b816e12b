"""Charge of futures and perpetuals by tier, and the closing fee kept back: at states, and as lines along walks.

Every amount is a multiple of the price times a table of a notional. Linear: the notional moves with the price where
maintenance is valued at the tested price, else it stands still. Inverse: the notional is the face; margin fixed at
entry or at the present mark is fixed in coin, so its dollars move with the price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...arrays import Flags, Floats, Ints
from ...portfolio.account_file import Account
from ...rulebooks.rules import Rules
from ..netting import Nets
from .form import LineSum
from .schedule import Schedule, schedule
from .terms import Terms


@dataclass(frozen=True, eq=False)
class Value:
    """Something that is still + moving·κ dollars where the price is multiplied by κ, both (n,)."""

    still: Floats
    moving: Floats

    def at(self, factor: Floats) -> Floats:
        """Dollars at factors (S, n)."""
        return self.still + self.moving * factor


@dataclass(frozen=True, eq=False)
class Futures:
    """The futures and perpetuals among the nets of an account: nets `at` (n,)."""

    account: Account
    nets: Nets
    at: Ints
    rules: Rules

    def factor(self, factors: Floats) -> Floats:
        """Price factor of each net, (S, n)."""
        return factors[:, self.account.instruments.underlying[self.nets.instrument[self.at]]]

    @property
    def size(self) -> Floats:
        return np.abs(self.nets.quantity[self.at])

    @property
    def mark(self) -> Floats:
        return self.account.instruments.mark[self.nets.instrument[self.at]]

    @property
    def entry(self) -> Floats:
        entry = self.nets.entry[self.at]
        return np.where(np.isnan(entry), self.mark, entry)

    @property
    def inverse(self) -> Flags:
        return np.asarray(self.account.instruments.inverse[self.nets.instrument[self.at]])

    def notional(self, priced: str) -> Value:
        """Dollars of notional `priced` at the tested price, at entry or at the present mark."""
        price = {"tested price": self.mark, "mark": self.mark, "entry": self.entry, "present mark": self.mark}[priced]
        moves = ~self.inverse & np.array(priced in {"tested price", "mark"})
        value = self.size * np.where(self.inverse, 1.0, price)
        return Value(np.where(moves, 0.0, value), np.where(moves, value, 0.0))

    def multiple(self, priced: str) -> Value:
        """What a margin in dollars of face is multiplied by: the price over the price at which its coins were fixed."""
        fixed = {"entry": self.entry, "present mark": self.mark}.get(priced)
        one = np.ones(len(self.at))
        if fixed is None:
            return Value(one, 0.0 * one)
        return Value(np.where(self.inverse, 0.0, one), np.where(self.inverse, self.mark / fixed, 0.0))

    def charge(self, side: str, priced: str, factors: Floats) -> Floats:
        """Margin by table, (S, n) dollars."""
        table = schedule(self.account, self.nets, self.at, self.rules.tiers, side)
        factor = self.factor(factors)
        return self.multiple(priced).at(factor) * self.by(table, priced, factor)

    def by(self, table: Schedule, priced: str, factor: Floats) -> Floats:
        """Dollars `table` asks at factors (S, n), before the multiple; coins of floors are priced as the notional."""
        price = {"entry": self.entry, "present mark": self.mark}.get(priced)
        coin = self.mark * factor if price is None else np.broadcast_to(price, factor.shape)
        return table.charge(self.notional(priced).at(factor), coin)

    def closing_fee(self) -> Value:
        """Fee kept back for closing."""
        rate, on = self.rules.fees.closing_rate, self.rules.fees.closing_on
        none = np.zeros(len(self.at))
        if on == "none" or not rate:
            return Value(none, none)
        if on == "tested price":
            notional = self.notional(on)
            return Value(rate * notional.still, rate * notional.moving)
        fixed = rate * self.size * self._over_entry(on)
        still = np.where(self.inverse, 0.0, fixed * self.entry)
        return Value(still, np.where(self.inverse, fixed * self.mark / self.entry, 0.0))

    def _over_entry(self, on: str) -> Floats:
        """The value a closing fee is charged on over the value at entry; 1 without a leverage.

        At the bankruptcy price, where entry value ÷ leverage is used up: 1 - side ÷ leverage, inverse 1 + side ÷
        leverage.
        """
        leverage = self.nets.leverage[self.at]
        part = np.where(np.isnan(leverage), 0.0, 1.0 / leverage)
        if on == "entry":
            return np.ones(len(self.at))
        if on == "entry and margin":
            return 1.0 + part
        part = part * np.sign(self.nets.quantity[self.at])
        return np.where(self.inverse, 1.0 + part, 1.0 - part)


def requirement(held: Futures, factors: Floats) -> tuple[Floats, Floats, Floats]:
    """Initial and maintenance margin and the closing fee in it of each net, dollars, (S, n) each."""
    tiers = held.rules.tiers
    pooled = held.nets.bucket[held.at] < held.nets.pools.count
    initial = np.where(pooled, _initial(held, tiers.initial_at_cross, factors),
                       _initial(held, tiers.initial_at_isolated, factors))
    fee = held.closing_fee().at(held.factor(factors))
    maintenance = held.charge("maintenance", tiers.maintenance_at, factors)
    if tiers.maintenance_alone != tiers.maintenance_at:
        maintenance = np.where(pooled, maintenance, held.charge("maintenance", tiers.maintenance_alone, factors))
    maintenance = maintenance + fee
    return initial + (fee if held.rules.fees.closing_in == "margin" else 0.0), maintenance, fee


def _initial(held: Futures, priced: str, factors: Floats) -> Floats:
    leverage = held.nets.leverage[held.at]
    notional = held.multiple(priced).at(held.factor(factors)) * held.notional(priced).at(held.factor(factors))
    by_leverage = np.where(np.isnan(leverage), 0.0, notional / leverage)
    return np.maximum(held.charge("initial", priced, factors), by_leverage)


def lines(held: Futures, out: LineSum, row: Ints, shift: Floats, scale: Floats) -> None:
    """Take maintenance and closing fee off rows `row`; prices are multiplied by shift + scale·k; all (n,)."""
    tiers, pooled = held.rules.tiers, held.nets.bucket[held.at] < held.nets.pools.count
    for priced, mine in ((tiers.maintenance_at, pooled), (tiers.maintenance_alone, ~pooled)):
        if mine.any():
            _lines_at(replace(held, at=held.at[mine]), priced, out, row[mine], shift[mine], scale[mine])


def _lines_at(held: Futures, priced: str, out: LineSum, row: Ints, shift: Floats, scale: Floats) -> None:
    """The same with maintenance valued at one price."""
    table = schedule(held.account, held.nets, held.at, held.rules.tiers, "maintenance")
    fee = held.closing_fee()
    out.add(row, -(fee.still + fee.moving * shift), -fee.moving * scale)
    fixed = (scale == 0) | held.inverse & ~table.moves | np.array(priced != "tested price")
    if fixed.any():
        multiple = held.multiple(priced)
        asked = held.by(table, priced, np.ones((1, len(row))) if priced != "tested price" else shift[None])[0]
        out.add(row[fixed], -(asked * (multiple.still + multiple.moving * shift))[fixed],
                -(asked * multiple.moving * scale)[fixed])
    for part, chosen in ((_crossing_floors, ~fixed & ~table.moves), (_moving_floors, ~fixed & table.moves)):
        if chosen.any():
            part(held, table, out, row, shift, scale, np.flatnonzero(chosen))


def _crossing_floors(held: Futures, table: Schedule, out: LineSum, row: Ints, shift: Floats, scale: Floats,
                     at: Ints) -> None:
    """Marginal tiers of a notional that moves with the price: a ramp from each floor on."""
    row, value = row[at], held.notional("tested price").moving[at]
    rates, starts = table.rates[at], table.starts[at]
    out.add(row, -rates[:, 0] * value * shift[at], -rates[:, 0] * value * scale[at])
    for rise, start in zip(np.diff(rates).T, starts[:, 1:].T, strict=True):
        used = rise != 0
        out.terms.append(Terms(row[used], -rise[used], (value * shift[at])[used], (value * scale[at])[used],
                               start[used], np.zeros(int(used.sum()))))


def _moving_floors(held: Futures, table: Schedule, out: LineSum, row: Ints, shift: Floats, scale: Floats,
                   at: Ints) -> None:
    """Marginal tiers counted in coins of a face that does not move: ramps max(face - floor × price, 0)."""
    row, face, mark = row[at], held.size[at], held.mark[at]
    rates, starts = table.rates[at], table.starts[at]
    out.add(row, -rates[:, 0] * face)
    for rise, start in zip(np.diff(rates).T, starts[:, 1:].T, strict=True):
        used = rise != 0
        floor, none = start * mark, np.zeros(int(used.sum()))
        out.terms.append(Terms(row[used], -rise[used], (face - floor * shift[at])[used], -(floor * scale[at])[used],
                               none, none))
