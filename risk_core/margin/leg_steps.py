"""A rulebook's figure opened to the legs: each step of the waterfall, and what a little more of a leg would ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from ..arrays import Floats, Ints
from .attribution import LegRows
from .explain import Step, orders
from .holding import whole_pool
from .methods.demand import Demand, Part
from .methods.scenarios.grid_error import GridError, grid_errors
from .methods.shares import STEP, Books, groupings
from .rulebook_table import Asked

MORE = 0.01
"""Share of a leg that `increments` adds."""


@dataclass(frozen=True, eq=False)
class LegStep:
    """One step of the waterfall by leg, dollars: each leg's part in proportion to size (Euler), (P,).

    rest: what of the step does not grow in proportion with the book; parts and rest add up to the step.
    """

    step: Step
    by_leg: Floats

    @property
    def rest(self) -> float:
        return self.step.amount - float(self.by_leg.sum())


def leg_steps(asked: Asked) -> tuple[LegStep, ...]:
    """Every step of `asked.why.steps`; none where no leg is held."""
    if not asked.holding.account.book.ids:
        return ()
    columns = _scanned(asked) if asked.holding.charge == "scan" else _demanded(asked)
    return tuple(LegStep(step, column) for step, column in zip(asked.why.steps, columns, strict=True))


def increments(asked: Asked) -> Floats:
    """By how much the maintenance margin rises when a leg is 1 % larger, the others as they are, dollars (P,)."""
    holding = asked.holding
    if not holding.account.book.ids:
        return np.zeros(0)
    if holding.charge == "scan":
        legs = LegRows(holding)
        return np.asarray(legs.with_more(MORE) - legs.with_more(0.0))
    quantity = holding.account.book.quantity
    books = np.vstack([quantity, quantity + MORE * np.diag(quantity)])
    margins = Books(holding.account, holding.rules).maintenance(books, collateral=True)
    return np.asarray(margins[1:] - margins[0])


def between_rows(asked: Asked) -> tuple[GridError, ...]:
    """What lies between the rows of the scenarios, by underlying held; none where there is no grid of price moves."""
    holding = asked.holding
    if holding.rules.portfolio is None:
        return ()
    one = np.ones((1, len(holding.account.underlyings)))
    ins = holding.account.instruments
    held = {"", *(holding.account.underlyings[u] for u in ins.underlying[holding.nets.instrument])}
    found = grid_errors(whole_pool(holding.account, holding.nets, one), holding.rules.portfolio)
    return tuple(error for error in found if error.name in held)


def _scanned(asked: Asked) -> list[Floats]:
    """In the order of the steps of a plain scan."""
    now, legs = asked.holding.now, LegRows(asked.holding)
    alone, netted, scanned, hedged, whole = (
        legs.alone(), legs.netted(), legs.scanned(now.charges), legs.hedged(), legs.euler(now.charges))
    parts = [alone, netted - alone, scanned - netted, whole - hedged - scanned, hedged]
    return parts + _ends(asked, whole, asked.holding.rules.scanned.initial_factor * whole)


def _demanded(asked: Asked) -> list[Floats]:
    """In the order of the steps of any other method."""
    holding = asked.holding
    books, groups = Books(holding.account, holding.rules), groupings(holding.account)
    reached = [books.maintenance(np.diag(holding.account.book.quantity), collateral=False, core=True)]
    reached += [_euler(books, group, lambda one: one.core_sum("maintenance"), collateral=step == len(groups) - 1)
                for step, (_, group) in enumerate(groups) if step]
    changes = [reached[0], *(after - before for before, after in pairwise(reached))]
    return changes + _add_ons(holding.now.demand, books) + _ends(
        asked, _of_all(books, lambda one: one.maintenance), _of_all(books, lambda one: one.initial))


def _add_ons(demand: Demand | None, books: Books) -> list[Floats]:
    found = [part for part in demand.parts if not part.is_core and part.maintenance[0]] if demand else []
    return [_of_all(books, partial(_part, _identity(part))) for part in found]


def _identity(part: Part) -> tuple[str, str, str]:
    """What makes a part the same in another demand; assets owed share their key and have no underlying."""
    return part.key, part.title, part.underlying


def _part(identity: tuple[str, str, str], asked: Demand) -> Floats:
    same = [part.maintenance for part in asked.parts if _identity(part) == identity]
    return np.asarray(sum(same, np.zeros(asked.states)))


def _of_all(books: Books, what: Callable[[Demand], Floats]) -> Floats:
    return _euler(books, np.zeros(len(books.account.book.ids), dtype=np.int64), what, collateral=True)


def _euler(books: Books, group: Ints, what: Callable[[Demand], Floats], *, collateral: bool) -> Floats:
    """Each leg's part in what is demanded of the legs of its group together, (P,)."""
    quantity = books.account.book.quantity
    mine = np.where(group == group[:, None], quantity, 0.0)
    more, less = (_charged(books.demands(mine + way * STEP * np.diag(quantity), collateral=collateral), what)
                  for way in (1.0, -1.0))
    return np.asarray((more - less) / (2.0 * STEP))


def _charged(demands: Iterable[Demand], what: Callable[[Demand], Floats]) -> Floats:
    return np.concatenate([what(one) for one in demands])


def _ends(asked: Asked, maintenance: Floats, initial: Floats) -> list[Floats]:
    """Maintenance margin, what is on top of it, open orders, which are no leg's, and initial margin."""
    none = [] if orders(asked.holding) is None else [np.zeros(len(maintenance))]
    return [maintenance, initial - maintenance, *none, initial]
