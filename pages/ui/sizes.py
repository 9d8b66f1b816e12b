"""How large a book each figure is computed for: told before it is computed, so that one book never holds up everybody.

The bounds keep a page within ten seconds of one processor. They were measured with books of 200 to 5,000 distinct
options on two coins, in every mode and under every rulebook. The command line has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from risk_core.errors import MarginscopeError
from risk_core.portfolio.account_file import Account
from risk_core.rulebooks.rules import Rules

SCENARIOS, JOINT_MOVES = 27, 1000
"""Scenarios, and joint moves of a history, that the bounds are for; with more of them a book may hold fewer legs."""


@dataclass(frozen=True, slots=True)
class Most:
    """The most legs. plain: tiers and rows of scenarios; coupled: options that offset one another in a pool; method:
    a pool charged by any other method, whose levels are sampled.
    """

    what: str
    plain: int
    coupled: int
    method: int


COMPARED: Final = Most("The figures of the margin modes", 3_000, 200, 500)
WALKED: Final = Most("The curves over the price", 3_000, 1_000, 1_500)
TRIGGERED: Final = Most("The liquidation levels", 3_000, 1_000, 800)
RANGED: Final = Most("The range of each liquidation price", 2_000, 500, 500)
PLAYED: Final = Most("What is closed step by step", 3_000, 500, 800)
COINS: Final = Most("The map over two coins", 2_000, 500, 800)
VOLATILITY: Final = Most("The map over price and volatility", 600, 200, 200)
DAYS: Final = Most("The map over price and days", 1_000, 200, 200)
CHARGED: Final = Most("The portfolio margin under a rulebook", 5_000, 5_000, 500)
OPENED: Final = Most("The steps and shares of a figure", 2_000, 2_000, 300)


class TooLarge(MarginscopeError):
    """A figure is left out because the book is too large for it."""


def check(most: Most, account: Account, rules: Rules) -> None:
    """Raises TooLarge, with the number and the bound, where the book is larger than a figure is computed for."""
    legs, rows, usual = len(account.book.ids), *_rows(rules)
    bound = most.method if rules.whole and not rules.scans else \
        most.coupled if rules.options is not None and rules.options.couples else most.plain
    allowed = bound * usual // max(rows, usual)
    if legs > allowed:
        scenarios = f" and {rows:,} scenarios" if rows > usual else ""
        raise TooLarge(f"{most.what}: left out for {legs:,} legs{scenarios}; under this rulebook computed for at most "
                       f"{allowed:,} legs")


def _rows(rules: Rules) -> tuple[int, int]:
    """How many scenarios or joint moves a rulebook has, and how many the bounds are for."""
    if rules.portfolio is not None:
        parts = (rules.portfolio.of(name) for name in ("", *(own.underlying for own in rules.portfolio.own_moves)))
        return max(3 * len(part.moves) + len(part.extended_rows) for part in parts), SCENARIOS
    if rules.history is not None:
        return int(rules.history.draws if rules.history.moves == "simulated" else rules.history.window), JOINT_MOVES
    return 0, SCENARIOS
