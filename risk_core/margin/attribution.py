"""What single legs have to do with a margin taken on all of them."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, Ints, exact_sums
from .charges import scan
from .holding import Holding


def sides_of_nets(holding: Holding, by_net: Floats) -> Floats:
    """Each net's amount given to the legs on the net's side in proportion to size, (P,); by_net: (N,)."""
    nets, quantity = holding.nets, holding.account.book.quantity
    on_side = np.where(np.sign(quantity) == np.sign(nets.quantity)[nets.leg_net], np.abs(quantity), 0.0)
    whole = exact_sums(on_side, nets.leg_net, len(nets.quantity))
    share = on_side / np.where(whole > 0, whole, 1.0)[nets.leg_net]
    return np.asarray(share * by_net[nets.leg_net])


class LegRows:
    """Profit of each leg in each scenario row, from which the charge with or without a leg is a sum away.

    profit: (K, P) dollars. delta: (P,) dollars of futures and perpetuals, 0 for options. size: (P,) options'
    quantities, 0 for the others. underlying: (P,).
    """

    def __init__(self, holding: Holding) -> None:
        account, self.rules = holding.account, holding.rules.scanned
        ins, book, self.instrument = account.instruments, account.book, account.book.instrument
        self.count, self.underlying = len(ins.keys), ins.underlying[self.instrument]
        option = ins.is_option[self.instrument]
        self.index = account.index[self.underlying]
        self.delta = np.where(option, 0.0, book.quantity * np.where(ins.inverse, 1.0, ins.mark)[self.instrument])
        self.size = np.where(option, book.quantity, 0.0)
        table = scan.rows(self.rules)
        unit = scan.unit_profit(account, self.rules)[:, self.instrument]
        self.profit = (self.delta * table.move[:, None] + self.size * unit) * table.weight[:, None]

    def alone(self) -> Floats:
        """Maintenance margin of each leg by itself, (P,)."""
        return self._charge(self.profit, -np.minimum(self.size, 0.0), np.zeros(len(self.size)))

    def without(self) -> Floats:
        """Maintenance margin of each leg's underlying if all legs but it were held, (P,)."""
        return self.with_more(-1.0)

    def with_more(self, part: float) -> Floats:
        """Maintenance margin of each leg's underlying with the leg 1 + part times as large, (P,)."""
        u, at = self.underlying, self.instrument
        size, delta = part * self.size, part * self.delta
        sizes, deltas = self._by(at, self.size, self.count), self._by(at, self.delta, self.count)
        profit = np.stack([self._by(u, row, self._sides)[u] for row in self.profit]).reshape(self.profit.shape)
        short = -np.minimum(sizes, 0.0)
        others = self._by_side(short)[u] - short[at] - np.minimum(sizes[at] + size, 0.0)
        gross = self._by_side(np.abs(deltas))[u] - np.abs(deltas[at]) + np.abs(deltas[at] + delta)
        net = self._by_side(deltas)[u] + delta
        return self._charge(profit + part * self.profit, others, 0.5 * (gross - np.abs(net)))

    def instruments_alone(self) -> Floats:
        """Maintenance margin of each net instrument by itself, (instruments held,)."""
        held, back = np.unique(self.instrument, return_inverse=True)
        profit = np.stack([self._by(back, row, len(held)) for row in self.profit]).reshape(-1, len(held))
        first = np.array([int(np.flatnonzero(back == i)[0]) for i in range(len(held))], dtype=np.int64)
        short = -np.minimum(self._by(back, self.size, len(held)), 0.0)
        worst = np.maximum(-profit, 0.0).max(axis=0)
        return np.asarray(np.maximum(worst, self.rules.short_option_minimum * self.index[first] * short))

    def euler(self, charges: tuple[scan.Charge, ...]) -> Floats:
        """Each leg's part of its underlying's charge, (P,): of the worst row's loss or the minimum, and the add-on."""
        scanned = np.array([bool(charge.scan[0] >= charge.minimum[0]) for charge in charges])[self.underlying]
        return np.asarray(np.where(scanned, self.scanned(charges), self._minimum()) + self.hedged())

    def scanned(self, charges: tuple[scan.Charge, ...]) -> Floats:
        """Each leg's part of the loss in its underlying's worst row, (P,)."""
        row = np.array([int(np.argmax(charge.loss[0])) for charge in charges])[self.underlying]
        return np.asarray(-self.profit[row, np.arange(len(row))])

    def netted(self) -> Floats:
        """Each leg's part of its instrument's margin by itself, (P,)."""
        held, back = np.unique(self.instrument, return_inverse=True)
        loss = -np.stack([self._by(back, row, len(held)) for row in self.profit]).reshape(-1, len(held))
        row, legs = loss.argmax(axis=0)[back], np.arange(len(back))
        sizes = self._by(self.instrument, self.size, self.count)[self.instrument]
        minimum = -self.rules.short_option_minimum * self.index * np.minimum(sizes, 0.0)
        worst = np.where(loss[row, back] > 0, -self.profit[row, legs], 0.0)
        return np.asarray(np.where(loss[row, back] >= minimum, worst, self._minimum()))

    def hedged(self) -> Floats:
        """Each leg's part of the add-on for hedged notional, (P,)."""
        deltas = self._by(self.instrument, self.delta, self.count)
        whole = self._by_side(deltas)
        add_on = self.delta * (np.sign(deltas[self.instrument]) - np.sign(whole[self.underlying]))
        return np.asarray(0.5 * self.rules.hedged_rate * add_on)

    def _minimum(self) -> Floats:
        """Each leg's part of the short option minimum, (P,)."""
        sizes = self._by(self.instrument, self.size, self.count)
        rate = self.rules.short_option_minimum
        return np.where(sizes[self.instrument] < 0, -rate * self.index * self.size, 0.0)

    @property
    def _sides(self) -> int:
        return int(self.underlying.max(initial=-1)) + 1

    def _by(self, slot: Ints, amount: Floats, count: int) -> Floats:
        return exact_sums(amount, slot, count)

    def _by_side(self, by_instrument: Floats) -> Floats:
        """Sums over the instruments of each underlying."""
        side = np.zeros(self.count, dtype=np.int64)
        side[self.instrument] = self.underlying
        return self._by(side, by_instrument, max(self._sides, 1))

    def _charge(self, profit: Floats, short: Floats, hedged: Floats) -> Floats:
        worst = (-profit).max(axis=0)
        minimum = self.rules.short_option_minimum * self.index * short
        return np.asarray(np.maximum(worst, minimum) + self.rules.hedged_rate * hedged)
