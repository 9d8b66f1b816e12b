"""Which method a rulebook charges a whole pool by."""

from __future__ import annotations

from collections.abc import Callable

from ...rulebooks.rules import Rules
from .addons import applied
from .demand import Demand, Pool
from .offsets.credits import credited
from .scenarios import demand as scenarios

Method = Callable[[Pool, Rules], Demand]
METHODS: dict[str, Method] = {
    "portfolio": scenarios.demand,
}
"""The methods by the section of a rulebook that holds their parameters."""


def demand(pool: Pool, rules: Rules) -> Demand:
    """What the rulebook's method demands of `pool`, and its add-ons."""
    section = rules.whole
    if section is None:
        raise RuntimeError("this rulebook has no portfolio margin")
    asked = credited(METHODS[section](pool, rules), pool, rules)
    return asked if rules.addons is None else applied(asked, pool, rules.addons)
