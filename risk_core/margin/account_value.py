"""What an account holds by itself, whatever the mode: its gross size and the value of its options."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, exact_sums
from ..portfolio.account_file import Account
from ..valuation import black76


def gross(account: Account) -> tuple[float, Floats]:
    """Gross size of an account now, dollars: what no walk moves, and what each underlying's price moves, (U,)."""
    held, ins, at = account.collateral, account.instruments, account.book.instrument
    price = np.where(ins.is_option, account.index[ins.underlying], np.where(ins.inverse, 1.0, ins.mark))[at]
    moves = np.where(ins.inverse & ~ins.is_option, -1, ins.underlying)[at]
    value = np.concatenate([np.abs(held.amount * held.price), np.abs(account.book.quantity) * price])
    slot = np.concatenate([held.underlying, moves])
    count = len(account.underlyings)
    sums = exact_sums(value, np.where(slot < 0, count, slot), count + 1)
    return float(sums[-1]), sums[:-1]


def option_value(account: Account) -> Floats:
    """Dollar value of one unit of each instrument that is an option, else 0; (I,)."""
    return np.asarray(option_values(account, np.ones((1, len(account.underlyings))))[0])


def option_values(account: Account, factors: Floats) -> Floats:
    """The same with the underlyings' prices multiplied by factors (S, U), (S, I)."""
    ins = account.instruments
    out = np.zeros((len(factors), len(ins.keys)))
    at = np.flatnonzero(ins.is_option)
    forward, v = ins.forward[at] * factors[:, ins.underlying[at]], ins.total_volatility[at]
    out[:, at] = ins.unit[at] * black76.price(forward, ins.strike[at], v, ins.is_call[at])
    return out
