"""What single legs have to do with what a method demands of all of them: books with and without a leg are states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...arrays import Floats, Ints
from ...portfolio.account_file import Account
from ...rulebooks.rules import Rules
from . import choose
from .demand import Demand, Pool

STEP = 1e-5
"""Relative change of a leg by which its part of the margin is measured."""
AT_ONCE = 64
"""Books that are charged in one call, so that the scenarios of all of them fit in memory."""


@dataclass(frozen=True, eq=False)
class Books:
    """Charges books of an account's legs at present prices."""

    account: Account
    rules: Rules

    def whole(self) -> Demand:
        """The demand of all legs, one state."""
        book = self.account.book
        return self._demand(self._quantities(book.quantity[None]), self.account.collateral.amount)

    def maintenance(self, legs: Floats, *, collateral: bool, core: bool = False) -> Floats:
        """Maintenance margin of books whose legs have these quantities (n, P), dollars (n,).

        collateral: whether the account's collateral stands beside them. core: without add-ons.
        """
        sums = [asked.core_sum("maintenance") if core else asked.maintenance
                for asked in self.demands(legs, collateral=collateral)]
        return np.concatenate(sums) if sums else np.zeros(0)

    def demands(self, legs: Floats, *, collateral: bool) -> Iterator[Demand]:
        """What is demanded of books whose legs have these quantities (n, P), at most AT_ONCE of them in each demand."""
        amount = self.account.collateral.amount * (1.0 if collateral else 0.0)
        for start in range(0, len(legs), AT_ONCE):
            yield self._demand(self._quantities(legs[start:start + AT_ONCE]), amount)

    def _demand(self, quantity: Floats, amount: Floats) -> Demand:
        factors = np.ones((len(quantity), len(self.account.underlyings)))
        return choose.demand(Pool(self.account, quantity, factors, amount), self.rules)

    def _quantities(self, legs: Floats) -> Floats:
        """Quantities of instruments (n, I) of books of legs (n, P)."""
        out = np.zeros((len(legs), len(self.account.instruments.keys)))
        for leg, instrument in enumerate(self.account.book.instrument):
            out[:, instrument] += legs[:, leg]
        return out


@dataclass(frozen=True, eq=False)
class LegShares:
    """What each leg adds to maintenance margin, dollars (P,): by itself, at the margin, and in proportion (Euler).

    The parts in proportion add up to what grows in proportion with the book; `rest` is what does not: floors, fixed
    amounts, rates that rise with size.
    """

    alone: Floats
    marginal: Floats
    euler: Floats
    rest: float


def leg_shares(books: Books, maintenance: float) -> LegShares:
    """Shares of each leg in `maintenance`, the margin of all of them."""
    quantity = books.account.book.quantity
    own = np.diag(quantity)
    alone = books.maintenance(own, collateral=False)
    without = books.maintenance(quantity - own, collateral=True)
    more, less = (books.maintenance(quantity + way * STEP * own, collateral=True) for way in (1.0, -1.0))
    euler = (more - less) / (2.0 * STEP)
    return LegShares(alone, maintenance - without, euler, maintenance - float(euler.sum()))


def offsets(books: Books) -> list[tuple[str, float]]:
    """The waterfall of what legs offset, without add-ons: the sum alone, then each step towards all together."""
    groups = groupings(books.account)
    sums = [float(books.maintenance(_split(books.account.book.quantity, group),
                                    collateral=step == len(groups) - 1, core=True).sum())
            for step, (_, group) in enumerate(groups)]
    changes = np.diff(sums, prepend=0.0)
    return [(name, float(change)) for (name, _), change in zip(groups, changes, strict=True)]


def groupings(account: Account) -> list[tuple[str, Ints]]:
    """Which legs may offset each other at each step of the waterfall: its name, and a number for each leg (P,)."""
    ins, at = account.instruments, account.book.instrument
    years = np.where(np.isnan(ins.years), -1.0, ins.years)
    return [
        ("Each leg alone", np.arange(len(at))),
        ("Netting within an instrument", at),
        ("Offsets within an expiry", _numbered(ins.underlying[at], years[at])),
        ("Offsets between expiries", ins.underlying[at]),
        ("Offsets between underlyings", np.zeros(len(at), dtype=np.int64)),
    ]


def _numbered(*columns: Floats | Ints) -> Ints:
    _, numbers = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    return np.asarray(numbers.ravel())


def _split(quantity: Floats, group: Ints) -> Floats:
    """One book per group, with the legs of that group only, (groups, P)."""
    held = np.unique(group)
    return np.where(group == held[:, None], quantity, 0.0)
