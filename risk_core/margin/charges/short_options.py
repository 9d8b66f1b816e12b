"""What a short option is charged besides its mark: the risk part, a broken line of the price, and where it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...arrays import Flags, Floats, Ints
from ...portfolio.account_file import Account
from ...rulebooks.options import OptionRules
from ...valuation import black76
from ..netting import Nets


@dataclass(frozen=True, eq=False)
class Options:
    """The options among the nets of an account: nets `at` (n,)."""

    account: Account
    nets: Nets
    at: Ints
    rules: OptionRules

    @cached_property
    def instrument(self) -> Ints:
        return self.nets.instrument[self.at]

    @cached_property
    def underlying(self) -> Ints:
        return self.account.instruments.underlying[self.instrument]

    @cached_property
    def index(self) -> Floats:
        """Present index price, dollars (n,)."""
        return self.account.index[self.underlying]

    @cached_property
    def strike(self) -> Floats:
        return self.account.instruments.strike[self.instrument]

    @cached_property
    def is_call(self) -> Flags:
        return self.account.instruments.is_call[self.instrument]

    @cached_property
    def forward(self) -> Floats:
        """Forward as a multiple of the index, (n,)."""
        return np.asarray(self.account.instruments.forward[self.instrument] / self.index)

    @cached_property
    def factor(self) -> Floats:
        """What the risk part counts times, by the units short of the underlying in the same bucket; (n,)."""
        if not self.rules.size_steps:
            return np.ones(len(self.at))
        ins, nets = self.account.instruments, self.nets
        short = np.where(ins.is_option[nets.instrument], -np.minimum(nets.quantity, 0.0), 0.0)
        whose = np.stack([nets.bucket, ins.underlying[nets.instrument]], axis=1)
        _, group = np.unique(whose, axis=0, return_inverse=True)
        size = np.bincount(group.ravel(), weights=short)[group.ravel()]
        return np.array([self.rules.factor(float(one)) for one in size[self.at]])

    def rate(self, name: str) -> Floats:
        """A rate of each option's underlying, (n,)."""
        each = [getattr(self.rules.rates(underlying), name) for underlying in self.account.underlyings]
        return np.array(each, dtype=np.float64)[self.underlying]

    def mark(self, factor: Floats) -> Floats:
        """Dollar value of one unit with prices multiplied by factor (…, n)."""
        ins, inst = self.account.instruments, self.instrument
        value = black76.price(ins.forward[inst] * factor, self.strike, ins.total_volatility[inst], self.is_call)
        return np.asarray(ins.unit[inst] * value)

    def out_of_money(self, index: Floats) -> Floats:
        """Amount out of the money at index prices (…, n), dollars."""
        strike, price = self._out_of(index)
        return np.maximum(np.where(self.is_call, strike - price, price - strike), 0.0)

    def _out_of(self, index: Floats) -> tuple[Floats, Floats]:
        strike, share = self._measured
        return strike, share * index

    @cached_property
    def _measured(self) -> tuple[Floats, Floats]:
        """Strike and multiple of the index between which the amount out of the money is measured, (n,) each.

        As a share of the forward, times the index: index × (strike ÷ forward - 1) is strike ÷ multiple - index.
        """
        one = np.ones(len(self.at))
        if self.rules.out_of_money == "share of forward":
            return self.strike / self.forward, one
        return self.strike, self.forward if self.rules.out_of_money == "forward" else one

    def risk(self, side: str, index: Floats, mark: Floats) -> Floats:
        """Risk part of one unit short, `initial` or `maintenance`, at index and mark (…, n), dollars."""
        rules, rate, floor = self.rules, self.rate(f"{side}_rate"), self.rate(f"{side}_floor")
        on = rules.put_floor_on if side == "initial" else rules.put_maintenance_on
        base = np.where(self.is_call, index, _base(on, index, self.strike, mark))
        if side == "maintenance" and not rules.takes_off:
            asked = rate * base
        else:
            asked = np.maximum(rate * index - self.out_of_money(index), floor * base)
        if side in rules.put_caps:
            asked = np.where(self.is_call, asked, np.minimum(asked, rules.put_caps[side] * self.strike))
        return np.asarray(self.factor * asked)

    def breaks(self) -> Floats:
        """Index prices at which the maintenance risk part may change its slope while the mark is left out, (T, n)."""
        strike, share = self._measured
        rate, floor = self.rate("maintenance_rate"), self.rate("maintenance_floor")
        away = np.where(self.is_call, share + rate - floor, share + floor - rate)
        corners = [np.zeros(len(self.at)), self.strike, strike / share]
        if self.rules.takes_off:
            corners.append(strike / np.where(away > 0, away, np.inf))
        if "maintenance" in self.rules.put_caps:
            corners += self._capped(np.sort(np.stack(corners), axis=0))
        return np.sort(np.stack(corners), axis=0)

    def _capped(self, corners: Floats) -> list[Floats]:
        """Where the uncapped maintenance of a put crosses its cap, between corners (T, n) or beyond the last."""
        uncapped = Options(self.account, self.nets, self.at, self.rules.model_copy(update={"put_caps": {}}))
        cap = self.factor * self.rules.put_caps["maintenance"] * self.strike
        ends = np.concatenate([corners, 2.0 * corners[-1:] + 1.0])
        over = uncapped.risk("maintenance", ends, np.zeros_like(ends)) - cap
        rise = np.diff(over, axis=0)
        at = ends[:-1] - over[:-1] * np.diff(ends, axis=0) / np.where(rise == 0, np.inf, rise)
        last = np.arange(len(at))[:, None] == len(at) - 1
        inside = (at > ends[:-1]) & (last | (at < ends[1:])) & ~self.is_call
        return list(np.where(inside, at, 0.0))


def _base(on: str, index: Floats, strike: Floats, mark: Floats) -> Floats:
    """What a rate of a put is a share of, dollars."""
    if on == "index":
        return index
    if on == "index plus mark":
        return index + mark
    return np.minimum(index, strike) if on == "lower of index and strike" else np.maximum(index, mark)
