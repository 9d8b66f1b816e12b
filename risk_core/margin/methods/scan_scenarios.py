"""The risk matrix of a pool that is charged by rows: the same table other methods give with their demand."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats
from ...rulebooks.portfolio import PortfolioRules
from ..charges import scan
from ..holding import Holding
from .demand import Scenarios, mean_factor

_STATES = {1: "up", 0: "same", -1: "down"}


def scenarios(holding: Holding) -> tuple[Scenarios, ...]:
    """What each scenario makes of the pool now, per underlying held; empty where legs are charged alone."""
    now = holding.now
    if now.demand is not None:
        return now.demand.scenarios
    if holding.charge != "scan":
        return ()
    account, rules = holding.account, holding.rules.scanned
    held = np.unique(account.instruments.underlying[holding.nets.instrument])
    ins, mine = account.instruments, np.unique(holding.nets.instrument[holding.nets.quantity != 0])
    option = [mine[ins.is_option[mine] & (ins.underlying[mine] == u)] for u in held]
    factors = [mean_factor(scan.volatility_factor(account, rules, at)) for at in option]
    return tuple(_of(account.underlyings[u], now.charges[u], rules, factor)
                 for u, factor in zip(held, factors, strict=True))


def _of(name: str, charge: scan.Charge, rules: PortfolioRules, factor: Floats) -> Scenarios:
    table = scan.rows(rules)
    words = [table.words(row) for row in range(len(table.move))]
    states = [_STATES[int(state)] for state in table.state]
    return Scenarios(name, words, table.move, states, factor, np.asarray(-charge.loss[0]), (int(charge.worst[0]),))
