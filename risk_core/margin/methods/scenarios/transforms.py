"""From what options and the rest make in a row to what the row counts: expiry by expiry, then in all.

Sources: factors on the shocked value of an expiry and rows that count against the book, Derive; extended rows brought
back to the edge of the grid and shrunk by a dampener, and gains that count in part, Deribit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....arrays import Flags, Floats, Ints
from ....portfolio.account_file import Account
from ....rulebooks.portfolio import PortfolioRules
from ....valuation.sensitivities import discount_rate
from .profits import Held, Values, contracted
from .rows import table


def option_profit(account: Account, mine: Held, rules: PortfolioRules, worth: Values) -> Floats:
    """Profit of options in each row before weights, dollars (S, K)."""
    against = np.array([row.state in {"skew", "wings"} for row in table(rules).rows])
    against &= np.array(rules.skew_change == "against the book")
    if not against.any() and not discounts(rules):
        return contracted(mine.size, worth.then - worth.now[:, None], worth.back)
    out = np.zeros((len(mine.factor), len(against)))
    for expiry in expiries(account, mine.option):
        size = mine.size[:, expiry]
        now = contracted(size, worth.now[:, expiry], worth.back)
        then = counted_value(account, rules, mine.option[expiry], contracted(size, worth.then[..., expiry], worth.back))
        change = then - now[:, None]
        out += np.where(against, -np.abs(change), change)
    return out


def expiries(account: Account, option: Ints) -> Iterator[Flags]:
    """Which of the options are of each expiry, (n,) flags."""
    years = account.instruments.years[option]
    return (years == one for one in np.unique(years))


def discounts(rules: PortfolioRules) -> bool:
    """Whether the shocked value of an expiry counts with a factor."""
    return any(getattr(rules, f"{sign}_{part}") != plain for sign in ("positive", "negative")
               for part, plain in (("factor", 1.0), ("rate_multiple", 0.0), ("rate_added", 0.0)))


def counted_value(account: Account, rules: PortfolioRules, option: Ints, value: Floats) -> Floats:
    """The value of one expiry in rows as it counts: a positive one discounted, a negative one made larger.

    Positive: factor × e^(-T (multiple × rate + added)). Negative: factor ÷ the same, at most 1 ÷ the discount factor.
    """
    years = float(account.instruments.years[option[0]])
    rate = max(float(discount_rate(account, option[:1])[0]), 0.0)

    def faded(sign: str) -> float:
        multiple, added = (getattr(rules, f"{sign}_rate_{part}") for part in ("multiple", "added"))
        return float(np.exp(-years * (multiple * rate + added)))

    positive = rules.positive_factor * faded("positive")
    undone = np.exp(rate * years) if rules.option_discount == "as valued" else 1.0
    fade = faded("negative")
    negative = min(float(undone), rules.negative_factor / fade) if fade > 0 else float(undone)
    return np.asarray(np.where(value > 0, positive, negative) * value)


def counted_rows(rules: PortfolioRules, profit: Floats) -> Floats:
    """Profits of all of one underlying (S, K) as its rows count them, dollars."""
    rows = table(rules)
    weighed = profit * rows.weight
    if rules.extended_scale == "edge":
        weighed = np.where(rows.extended & (rows.move != 0), at_edge(rules, weighed), weighed)
    return np.where(weighed > 0, np.minimum(rules.gains_share * weighed, rules.gains_cap), weighed)


def at_edge(rules: PortfolioRules, profit: Floats) -> Floats:
    """Profits (S, K) brought back to the edge of the grid, less a dampener that grows with the move.

    A book without options then makes in every row what it makes at the edge, before the dampener.
    """
    move = table(rules).move
    edge = np.where(move > 0, rules.moves[-1], rules.moves[0])
    beyond = np.abs(move) / np.where(edge == 0, 1.0, np.abs(edge))
    in_coin = np.array(rules.profit_in == "coin")
    back = np.where(in_coin, (1.0 + move) / (1.0 + edge), 1.0) / np.where(beyond > 0, beyond, 1.0)
    damp = np.maximum(beyond - 1.0, 0.0) * rules.extended_dampener / np.where(in_coin, 1.0 + edge, 1.0)
    scaled = profit * np.where(beyond > 0, back, 1.0)
    return np.asarray(np.sign(scaled) * np.maximum(np.abs(scaled) - damp, 0.0))
