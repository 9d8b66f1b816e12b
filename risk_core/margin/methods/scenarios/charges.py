"""What is asked of one underlying beside its worst row: parametric charges, dollars (S,) each.

Sources: naked shorts by strike, share of perpetuals and doubt about a price feed, Derive; least charge of short options
and hedged futures, docs/methods/generic.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....arrays import Floats
from ....rulebooks.portfolio import PortfolioRules
from ..demand import Pool
from . import collateral, feeds
from .aggregate import Book


def short_option_minimum(pool: Pool, book: Book) -> Floats:
    """Least charge of an underlying with short options."""
    short = -np.minimum(book.mine.size, 0.0).sum(axis=1)
    return np.asarray(book.rules.short_option_minimum * _index(pool, book) * short)


def hedged(book: Book) -> Floats:
    """Rate on futures and perpetuals that offset each other: (Σ|δ| − |Σδ|) ÷ 2."""
    mine = book.mine
    return np.asarray(book.rules.hedged_rate * 0.5 * (mine.gross - np.abs(mine.delta + mine.face)))


def notional(pool: Pool, book: Book) -> Floats:
    """Futures and perpetuals at the index, both sides added, dollars."""
    ins, linear = pool.account.instruments, book.mine.linear
    size = np.abs(pool.quantity[:, linear])
    inverse = ins.inverse[linear]
    return np.asarray((size[:, ~inverse].sum(axis=1)) * _index(pool, book) + size[:, inverse].sum(axis=1))


def naked(pool: Pool, book: Book) -> Floats:
    """Options short beyond those long, strike by strike of an expiry, calls and puts together; dollars."""
    ins, option = pool.account.instruments, book.mine.option
    if not len(option):
        return np.zeros(pool.states)
    _, strike = np.unique(np.stack([ins.years[option], ins.strike[option]], axis=1), axis=0, return_inverse=True)
    each = np.zeros((int(strike.max()) + 1, len(option)))
    each[strike.ravel(), np.arange(len(option))] = 1.0
    return np.asarray(np.maximum(-(book.mine.size @ each.T), 0.0).sum(axis=1) * _index(pool, book))


def cancelling(pool: Pool, book: Book) -> Floats:
    """Rate on collateral that takes part in the rows."""
    held = collateral.cancelling(pool, book.rules, book.underlying)
    parts = [collateral.charged_on(pool, i, row, book.underlying) for i, row in held]
    return book.rules.cancelling_rate * np.sum(parts, axis=0) if parts else np.zeros(pool.states)


def doubted_prices(pool: Pool, book: Book) -> Floats:
    """Dollars for futures, perpetuals and options whose feeds are in doubt: the least sure feed of each counts."""
    if not book.rules.confidence_scale:
        return np.zeros(pool.states)
    account, mine = pool.account, book.mine
    index = feeds.index_confidence(account, book.underlying)
    perpetual = min(index, feeds.perpetual_confidence(account, book.underlying))
    out = doubt(book.rules, perpetual) * notional(pool, book)
    size, sure = np.abs(mine.size) * _index(pool, book)[:, None], feeds.expiry_confidence(account, mine.option)
    base = np.where((pool.quantity[:, mine.linear] != 0).any(axis=1), perpetual, index)[:, None]
    return np.asarray(out + (doubt(book.rules, np.minimum(sure, base)) * size).sum(axis=1))


def doubted_collateral(pool: Pool, books: Sequence[Book], rules: PortfolioRules) -> Floats:
    """Dollars for collateral whose price is in doubt; what moves in rows is no surer than the index it moves with."""
    out, account = np.zeros(pool.states), pool.account
    moving = {i: (book, row) for book in books for i, row in collateral.cancelling(pool, book.rules, book.underlying)}
    for i, asset in enumerate(account.collateral.assets if rules.confidence_scale else ()):
        sure = feeds.asset_confidence(account, asset)
        if i in moving:
            book, row = moving[i]
            sure = min(sure, feeds.index_confidence(account, book.underlying))
            out += doubt(rules, sure) * collateral.charged_on(pool, i, row, book.underlying)
        elif pool.collateral[i]:
            out += doubt(rules, sure) * np.abs(collateral.worth(pool, i))
    return out


def doubt(rules: PortfolioRules, confidence: Floats | float) -> Floats:
    """Share of a notional that a feed of this confidence asks: (1 − confidence) × scale below the threshold."""
    sure = np.asarray(confidence, dtype=np.float64)
    return np.where(sure < rules.confidence_threshold, (1.0 - sure) * rules.confidence_scale, 0.0)


def _index(pool: Pool, book: Book) -> Floats:
    return np.asarray(pool.account.index[book.underlying] * book.mine.factor)
