"""Which method a rulebook charges a whole pool by."""

from __future__ import annotations

from collections.abc import Callable

from ...portfolio.account_file import Account
from ...rulebooks.rules import Rules
from .addons import applied
from .demand import Demand, Pool
from .greeks import delta_floor, preview
from .history import charge as history
from .offsets.credits import credited
from .ratio import demand as ratio
from .scenarios import demand as scenarios
from .sensitivities import demand as sensitivities
from .strategies import demand as strategies

Method = Callable[[Pool, Rules], Demand]
METHODS: dict[str, Method] = {
    "portfolio": scenarios.demand,
    "sensitivities": sensitivities.demand,
    "greeks": preview.demand,
    "delta_floor": delta_floor.demand,
    "strategies": strategies.demand,
    "ratio": ratio.demand,
    "history": history.demand,
}
"""The methods by the section of a rulebook that holds their parameters."""
REASONS: dict[str, Callable[[Account, Rules], str | None]] = {
    "ratio": ratio.unavailable,
    "history": history.unavailable,
}
"""By section: why an account cannot be charged by it, None where it can. A section that is not here charges any."""


def demand(pool: Pool, rules: Rules) -> Demand:
    """What the rulebook's method demands of `pool`, and its add-ons."""
    section = rules.whole
    if section is None:
        raise RuntimeError("this rulebook has no portfolio margin")
    asked = credited(METHODS[section](pool, rules), pool, rules)
    return asked if rules.addons is None else applied(asked, pool, rules.addons)


def unavailable(account: Account, rules: Rules) -> str | None:
    """Why the rulebook's method cannot charge a pool of this account; None where it can."""
    reason = REASONS.get(rules.whole or "")
    return reason(account, rules) if reason else None
