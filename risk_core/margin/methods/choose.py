"""Which method a rulebook charges a whole pool by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...portfolio.account_file import Account
from ...rulebooks.rules import Rules
from .addons import applied
from .demand import Demand, Pool
from .greeks import delta_floor, preview
from .history import charge as history
from .history import moves
from .offsets.credits import credited
from .ratio import demand as ratio
from .scenarios import demand as scenarios
from .sensitivities import demand as sensitivities
from .strategies import demand as strategies

Method = Callable[[Pool, Rules, Any], Demand]
"""Of a pool, the rulebook, and the record of its section that the method belongs to."""


def _by_section(method: Callable[[Pool, Any], Demand]) -> Method:
    """A method that needs its section only."""
    return lambda pool, _, section: method(pool, section)


METHODS: dict[str, Method] = {
    "portfolio": scenarios.demand,
    "sensitivities": _by_section(sensitivities.demand),
    "greeks": _by_section(preview.demand),
    "delta_floor": _by_section(delta_floor.demand),
    "strategies": _by_section(strategies.demand),
    "ratio": ratio.demand,
    "history": _by_section(history.demand),
}
"""The methods by the section of a rulebook that holds their parameters."""
REASONS: dict[str, Callable[[Account, Rules], str | None]] = {
    "ratio": ratio.unavailable,
    "history": lambda account, rules: moves.unavailable(account, rules.history) if rules.history else None,
}
"""By section: why an account cannot be charged by it, None where it can. A section that is not here charges any."""


def demand(pool: Pool, rules: Rules) -> Demand:
    """What the rulebook's method demands of `pool`, and its add-ons."""
    section = rules.whole
    if section is None:
        raise RuntimeError("this rulebook has no portfolio margin")
    asked = credited(METHODS[section](pool, rules, getattr(rules, section)), pool, rules)
    return asked if rules.addons is None else applied(asked, pool, rules.addons)


def unavailable(account: Account, rules: Rules) -> str | None:
    """Why the rulebook's method cannot charge a pool of this account; None where it can."""
    reason = REASONS.get(rules.whole or "")
    return reason(account, rules) if reason else None
