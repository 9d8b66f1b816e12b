"""The largest requirement of a mode that charges each net on its own, in words."""

from __future__ import annotations

import numpy as np

from ..rulebooks.tiers import TierRules, deductions
from .charges import tiered
from .charges.schedule import schedule
from .charges.short_options import Options
from .holding import Holding


def words(holding: Holding, n: int) -> str:
    """What sets the requirement of net `n`: its tier, or the option formula."""
    nets, ins = holding.nets, holding.account.instruments
    inst = int(nets.instrument[n])
    name = ins.labels[inst]
    if ins.is_option[inst] and holding.rules.options:
        side = "long" if nets.quantity[n] > 0 else "short"
        return f"Largest part: {side} {name}{_option(holding, n)}."
    return f"Largest part: {name}{_tier(holding, n)}."


BASES = {"lower of index and strike": "the lower of index price and strike", "index": "the index price",
         "higher of index and mark": "the higher of index price and mark", "index plus mark": "index price plus mark"}


def _option(holding: Holding, n: int) -> str:
    """Rate and base of an option that is charged by itself, and where its mark stands."""
    account, rules = holding.account, holding.rules.options
    if rules is None or holding.nets.quantity[n] > 0:
        return ""
    inst = int(holding.nets.instrument[n])
    rates = rules.rates(account.underlyings[int(account.instruments.underlying[inst])])
    of = BASES["index" if account.instruments.is_call[inst] else rules.put_maintenance_on]
    scale = float(Options(account, holding.nets, np.array([n]), rules).factor[0])
    words = [f"{rates.maintenance_rate * 100:.4g} % of {of}" + (f" × {scale:.4g}" if scale != 1 else "")]
    if rules.takes_off:
        words[0] += f" less the amount out of the money, at least {rates.maintenance_floor * 100:.4g} %"
    if "maintenance" in rules.put_caps and not account.instruments.is_call[inst]:
        words[0] += f" and at most {rules.put_caps['maintenance'] * 100:.4g} % of the strike"
    if rules.liquidation_fee:
        words.append(f"a fee of {rules.liquidation_fee * 100:.4g} % of the index price")
    if rules.mark_in == "requirement":
        words.append("its mark")
    most = ", at most the greatest loss of its expiry" if rules.offset == "same expiry" else ""
    return ", " + " plus ".join(words) + most


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
