"""The risk matrix of a pool that is charged by rows: the same table other methods give with their demand."""

from __future__ import annotations

import numpy as np

from ...rulebooks.portfolio import PortfolioRules
from ..charges import scan
from ..holding import Holding
from .demand import Scenarios

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
    return tuple(_of(account.underlyings[u], now.charges[u], rules) for u in held)


def _of(name: str, charge: scan.Charge, rules: PortfolioRules) -> Scenarios:
    table = scan.rows(rules)
    words = [table.words(row) for row in range(len(table.move))]
    states = [_STATES[int(state)] for state in table.state]
    return Scenarios(name, words, table.move, states, np.asarray(-charge.loss[0]), (int(charge.worst[0]),))
