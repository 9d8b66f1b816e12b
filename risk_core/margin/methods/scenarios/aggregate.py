"""The worst row of each underlying by itself, or of all together row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....arrays import Floats, Ints
from ....rulebooks.portfolio import PortfolioRules
from ..demand import Pool
from . import basis, collateral
from .profits import Held, Values, held, linear_profit, values
from .rows import Table, table
from .transforms import counted_rows, option_profit


@dataclass(frozen=True, eq=False)
class Book:
    """One underlying of a pool under its own rules.

    profit: (S, K) dollars as the rows count them; basis: (S,) loss that competes with them. gross: (S,) dollars, the
    size of what is held. volatility: (K, o) σ of the options of `mine` in each row.
    """

    underlying: int
    name: str
    rules: PortfolioRules
    mine: Held
    profit: Floats
    basis: Floats
    gross: Floats
    volatility: Floats


@dataclass(frozen=True, eq=False)
class Worst:
    """The worst of rows at S states. loss: (S,) dollars, at least 0. row: (S,), K where the basis is the worst.

    profit: (S, K) of the rows; name: whose they are, "" for all together.
    """

    name: str
    rows: Table
    profit: Floats
    loss: Floats
    row: Ints


def book(pool: Pool, rules: PortfolioRules, underlying: int) -> Book:
    """One underlying of the pool; rules: of the rulebook, with what is its own still in tables."""
    name = pool.account.underlyings[underlying]
    own = rules.of(name)
    mine = held(pool, own, underlying)
    profit = linear_profit(mine, own) + collateral.profit(pool, own, underlying)
    index = pool.account.index[underlying] * mine.factor
    gross = mine.gross + np.abs(mine.size).sum(axis=1) * index
    lost, volatility = np.zeros(len(mine.factor)), np.zeros((len(table(own).rows), 0))
    if len(mine.option):
        worth: Values = values(pool.account, mine, own)
        profit = profit + option_profit(pool.account, mine, own, worth)
        lost, volatility = basis.loss(pool.account, mine, own, worth), worth.volatility
    return Book(underlying, name, own, mine, counted_rows(own, profit), lost, gross, volatility)


def worst(rules: PortfolioRules, books: Sequence[Book]) -> list[Worst]:
    """The worst row of each book; of all books together where the rules add underlyings up row by row."""
    if rules.underlyings == "apart" or not books:
        return [worst_of(one.name, one.rules, one.profit, one.basis, one.gross) for one in books]
    profit = np.sum([one.profit for one in books], axis=0)
    lost, gross = (np.sum([getattr(one, key) for one in books], axis=0) for key in ("basis", "gross"))
    return [worst_of("", rules, profit, lost, gross)]


def worst_of(name: str, rules: PortfolioRules, profit: Floats, basis_loss: Floats, gross: Floats) -> Worst:
    """Of rows this close to the worst, the first; the basis only where it is beyond all rows."""
    losses = np.concatenate([-profit, basis_loss[:, None]], axis=1)
    most = losses.max(axis=1)
    row = np.argmax(losses >= (most - rules.tie * gross)[:, None], axis=1)
    return Worst(name, table(rules), profit, np.maximum(most, 0.0), row)


def words(found: Worst) -> str:
    """What sets the loss at the first state, "" where nothing loses."""
    if not found.loss[0] > 0:
        return ""
    at, rows = int(found.row[0]), found.rows.rows
    return rows[at].words if at < len(rows) else "basis between expiries"
