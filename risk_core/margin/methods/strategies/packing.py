"""The pairing that saves most: max w·x, A x ≤ q, x ≥ 0, at many states.

Amounts of crypto options are not whole lots, so the linear programme is the exact answer. The revised simplex method
goes from state to state with the basis of the state before, which stays feasible while amounts stay and the best while
prices stay; a basis also answers the states that follow where it is both, which is checked there.
`tests/core/test_strategy_method.py` holds it against a solver that starts anew at each state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....arrays import Flags, Floats, Ints

SAME = 1e-10
"""Relative size of what counts as 0 in amounts and savings."""
APART = 1e-11
"""Amounts are set apart by up to this share of the largest while pivoting, so that no two legs are used up at once."""
AFRESH = 500
"""Pivots after which the inverse is worked out anew."""
DRIFT = 1e-12
"""Relative error of amounts at which it is, too."""


@dataclass(frozen=True, eq=False)
class Packed:
    """Amounts at n states: used, (n, C) of each strategy; saved, (n,) dollars."""

    used: Floats
    saved: Floats


def pack(saving: Floats, uses: Floats, amount: Floats) -> Packed:
    """The most that strategies save. saving: (n, C) dollars per unit; uses: (m, C) legs in a unit; amount: (n, m) ≥ 0.

    Fastest where neighbouring states are alike. Raises RuntimeError where pivoting does not end.
    """
    used = np.zeros(saving.shape)
    worth = np.flatnonzero((saving > 0).any(axis=0))
    if len(worth):
        _fill(used, worth, saving, uses, amount)
    return Packed(used, np.einsum("sc,sc->s", used, saving))


def _fill(used: Floats, worth: Ints, saving: Floats, uses: Floats, amount: Floats) -> None:
    """Amounts of the strategies `worth` into `used`; a basis answers the states that follow as far as it can."""
    programme = _Simplex(uses[:, worth])
    states, stride, at = len(saving), 1, 0
    while at < states:
        programme.solve(saving[at, worth], amount[at])
        ahead = np.arange(at, min(at + stride, states))
        good, found = programme.answers(saving[np.ix_(ahead, worth)], amount[ahead])
        good[0] = True
        count = len(ahead) if good.all() else int(np.argmin(good))
        plain = programme.basis < len(worth)
        used[np.ix_(ahead[:count], worth[programme.basis[plain]])] = np.maximum(found[:count, plain], 0.0)
        at, stride = at + count, stride * 2 if count == len(ahead) else max(count, 1)


@dataclass(eq=False)
class _Simplex:
    """Max w·x, uses·x + slack = q, from one state to the next. basis: (m,) columns, slacks behind the strategies."""

    uses: Floats
    basis: Ints = field(init=False)
    inverse: NDArray[Any] = field(init=False)

    def __post_init__(self) -> None:
        from scipy.sparse import csr_array  # here: the first page of the app does without it

        legs, self._count = self.uses.shape
        self._prices = csr_array(self.uses.T)
        self._apart = 0.5 + 0.5 * np.random.default_rng(7).random(legs)
        self._start()

    def _start(self) -> None:
        self.basis = self._count + np.arange(len(self.uses))
        self.inverse = np.eye(len(self.uses))

    def solve(self, worth: Floats, amount: Floats) -> None:
        """Pivot to the best basis at `worth` (C,) and `amount` (m,)."""
        scale = float(amount.max(initial=0.0))
        apart = amount + APART * scale * self._apart
        if not self._made_feasible(worth, apart):
            self._start()
        cost = np.append(worth, np.zeros(len(self.uses)))
        least = SAME * float(np.abs(worth).max())
        for pivots in range(200 * (len(self.uses) + 10)):
            if pivots % AFRESH == AFRESH - 1:
                self.inverse = np.linalg.inv(self._columns())
            price = cost[self.basis] @ self.inverse
            gain = np.append(worth - self._prices @ price, -price)
            entering = int(np.argmax(gain))
            if gain[entering] <= least:
                return
            self._pivot(entering, self.inverse @ apart)
        raise RuntimeError("the pairing of legs was not found")

    def _made_feasible(self, worth: Floats, apart: Floats) -> bool:
        """Pivot until no amount is below 0, keeping the best prices (dual simplex); False where that does not end."""
        cost = np.append(worth, np.zeros(len(self.uses)))
        for _ in range(len(self.uses) + 10):
            amounts = self.inverse @ apart
            leaving = int(np.argmin(amounts))
            if amounts[leaving] > 0:
                return True
            price = cost[self.basis] @ self.inverse
            row = np.append(self._prices @ self.inverse[leaving], self.inverse[leaving])
            loss = np.maximum(np.append(self._prices @ price - worth, price), 0.0)
            steps = np.divide(loss, -row, out=np.full(len(row), np.inf), where=row < -1e-9)
            entering = int(np.argmin(steps))
            if not np.isfinite(steps[entering]):
                return False
            self._exchange(entering, leaving, self.inverse @ self._column(entering))
        return False

    def _pivot(self, entering: int, amounts: Floats) -> None:
        column = self.inverse @ self._column(entering)
        steps = np.divide(amounts, column, out=np.full(len(column), np.inf), where=column > 1e-9)
        self._exchange(entering, int(np.argmin(steps)), column)

    def _exchange(self, entering: int, leaving: int, column: Floats) -> None:
        row = self.inverse[leaving] / column[leaving]
        self.inverse -= np.outer(column, row)
        self.inverse[leaving] = row
        self.basis[leaving] = entering

    def _column(self, at: int) -> Floats:
        if at < self._count:
            return np.asarray(self.uses[:, at])
        return np.asarray(np.arange(len(self.uses)) == at - self._count, dtype=np.float64)

    def _columns(self) -> Floats:
        return np.column_stack([self._column(int(at)) for at in self.basis])

    def _refresh(self, amount: Floats) -> None:
        """Work the inverse out anew where pivots have worn it: it takes longer than many pivots."""
        columns = self._columns()
        if np.abs(columns @ (self.inverse @ amount) - amount).max() > DRIFT * amount.max(initial=0.0):
            self.inverse = np.linalg.inv(columns)

    def answers(self, worth: Floats, amount: Floats) -> tuple[Flags, Floats]:
        """At which states (n,) the basis is feasible and the best, and its amounts there (n, m)."""
        self._refresh(amount[0])
        found = amount @ self.inverse.T
        cost = np.concatenate([worth, np.zeros((len(worth), len(self.uses)))], axis=1)
        price = cost[:, self.basis] @ self.inverse
        gain = np.maximum((worth - (self._prices @ price.T).T).max(axis=1), -price.min(axis=1))
        feasible = found.min(axis=1) >= -SAME * amount.max(axis=1)
        return np.asarray(feasible & (gain <= SAME * np.abs(worth).max(axis=1))), np.asarray(found)
