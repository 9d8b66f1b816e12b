"""What is pledged to each isolated position now."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rules
from .charges import tiered
from .netting import Nets


def pledges(account: Account, rules: Rules, nets: Nets) -> Floats:
    """Dollars pledged to each bucket (B,), 0 for a pool.

    Given; else entry notional ÷ leverage; else the initial margin asked now (0 for a long option).
    """
    pledge = np.zeros(nets.buckets)
    if not nets.alone:
        return pledge
    legs, book, ins = nets.bucket_leg[nets.alone.start:], account.book, account.instruments
    at = book.instrument[legs]
    coin = np.array(rules.futures.pledge == "coin") & ins.inverse[at] & ~ins.is_option[at]
    in_coin = np.divide(ins.mark[at], book.entry[legs], out=np.ones(len(legs)), where=coin)
    price = np.where(ins.inverse[at], in_coin, book.entry[legs])
    now = tiered.requirement(account, nets, rules, np.ones((1, len(account.underlyings))))
    asked = now.initial[0, nets.leg_net[legs]]
    by_leverage = np.abs(book.quantity[legs]) * price / book.leverage[legs]
    given = np.where(np.isnan(book.leverage[legs]), asked, by_leverage)
    pledge[nets.alone.start:] = np.where(np.isnan(book.pledged[legs]), given, book.pledged[legs])
    return pledge
