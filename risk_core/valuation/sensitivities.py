"""Greeks of the legs of a book, in the units traders read them in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Floats, Ints
from ..portfolio.account_file import Account
from . import black76


@dataclass(frozen=True, eq=False)
class Sensitivities:
    """Of each leg, all (P,), signed with its quantity.

    delta: units of the coin. delta_dollars: dollars per +1 % of the price. gamma: change of delta, in coins, per +1 %.
    vega: dollars per vol point. theta: dollars a day. normalised_vega: vega × √(30 ÷ days to expiry), dollars per point
    of 30-day volatility, so that expiries add up. Inverse futures and perpetuals count their face in dollars.
    """

    delta: Floats
    delta_dollars: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    normalised_vega: Floats


NORMAL_DAYS = 30.0
"""The term to which vegas are normalised."""


def sensitivities(account: Account) -> Sensitivities:
    """Greeks of every enabled leg at present prices, by Black-76 on its forward; see Sensitivities."""
    ins, book = account.instruments, account.book
    at = book.instrument
    index = account.index[ins.underlying]
    dollars = np.where(ins.inverse, 1.0, ins.mark)
    columns = [dollars / index, dollars, *np.zeros((3, len(ins.keys)))]
    option = np.flatnonzero(ins.is_option)
    if len(option):
        for column, values in zip(columns, _options(account, option), strict=True):
            column[option] = values
    unit, dollar, gamma, vega, theta = columns
    with np.errstate(invalid="ignore"):
        vega_30 = np.where(ins.is_option, vega * np.sqrt(NORMAL_DAYS / (365.0 * ins.years)), 0.0)
    return Sensitivities(*(book.quantity * column[at] for column in (unit, dollar * 0.01, gamma, vega, theta, vega_30)))


def discount_rate(account: Account, option: Ints) -> Floats:
    """Rate a year by which each option is discounted, that of its own forward where one is stated, (n,)."""
    keys = [account.instruments.keys[i] for i in option]
    return np.array([account.market.underlyings[key.underlying].rate_of(key.expiry) for key in keys], dtype=np.float64)


def _options(account: Account, at: Ints) -> tuple[Floats, ...]:
    """Of one unit of options: delta in coins, dollars per unit relative move, gamma per 1 %, vega, theta; (len(at),).

    The forward moves with the index, so dollars per relative move are unit × F × dB/dF; `unit` carries discount and
    settlement.
    """
    ins = account.instruments
    index, forward, unit = account.index[ins.underlying[at]], ins.forward[at], ins.unit[at]
    g = black76.greeks(forward, ins.strike[at], ins.volatility[at], ins.years[at], np.ones(len(at)), ins.is_call[at],
                       discount_rate(account, at))
    dollars = unit * forward * g.delta
    return dollars / index, dollars, unit * forward**2 * g.gamma * 0.01 / index, unit * g.vega, unit * g.theta
