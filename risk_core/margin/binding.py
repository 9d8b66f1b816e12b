"""The largest requirement of a mode that charges each net on its own, in words."""

from __future__ import annotations

import numpy as np

from ..rulebooks.tiers import TierRules, deductions
from .charges import tiered
from .charges.schedule import schedule
from .holding import Holding


def words(holding: Holding, n: int) -> str:
    """What sets the requirement of net `n`: its tier, or the option formula."""
    nets, ins = holding.nets, holding.account.instruments
    inst = int(nets.instrument[n])
    name = ins.labels[inst]
    if ins.is_option[inst] and holding.rules.options:
        rate = holding.rules.options.maintenance_rate
        of = "the index price" if ins.is_call[inst] else "the lower of index price and strike"
        return f"Largest part: short {name}, {rate * 100:.4g} % of {of} plus its mark."
    return f"Largest part: {name}{_tier(holding, n)}."


def _tier(holding: Holding, n: int) -> str:
    """Tier, rate, notional and deduction of a future or perpetual."""
    account, tiers = holding.account, holding.rules.tiers
    at = np.array([n])
    notional = float(tiered.notional_now(account, holding.nets, at)[0])
    table = schedule(account, holding.nets, at, tiers, "maintenance")
    if table.deductions[0].any() and not table.moves[0]:
        underlying = int(account.instruments.underlying[holding.nets.instrument[n]])
        return _marginal(tiers, account.underlyings[underlying], notional)
    price = account.instruments.mark[holding.nets.instrument[at]]
    rate = float(table.charge(np.array([notional]), price)[0]) / notional if notional else float(table.rates[0, 0])
    return f", {rate * 100:.4g} % of {notional:,.0f}"


def _marginal(tiers: TierRules, underlying: str, notional: float) -> str:
    table = tiers.table(underlying)
    starts = [step.start for step in table]
    at = max(i for i, start in enumerate(starts) if notional >= start)
    taken = deductions(starts, [step.maintenance for step in table])[at]
    tier = f" in the tier from {starts[at]:,.0f}" if starts[at] else ""
    less = f" less {taken:,.0f}" if taken else ""
    return f"{tier}, {table[at].maintenance * 100:.4g} % of {notional:,.0f}{less}"
