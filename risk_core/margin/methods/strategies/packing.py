"""The pairing that saves most: max w·x, A x ≤ q, x ≥ 0, at many states.

Amounts of crypto options are not whole lots, so the linear programme is the exact answer. It is solved at one state;
its basis answers every other state at which it stays feasible and no strategy would save more, which is checked there;
the next state that is left is solved, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from ....arrays import Flags, Floats, Ints

SAME = 1e-10
"""Relative size of what counts as 0 in amounts and savings."""


@dataclass(frozen=True, eq=False)
class Packed:
    """Amounts at n states: used, (n, C) of each strategy; saved, (n,) dollars."""

    used: Floats
    saved: Floats


def pack(saving: Floats, uses: Floats, amount: Floats) -> Packed:
    """The most that strategies save. saving: (n, C) dollars per unit; uses: (m, C) legs in a unit; amount: (n, m) ≥ 0.

    Raises RuntimeError where the solver gives no answer.
    """
    used = np.zeros(saving.shape)
    worth = np.flatnonzero((saving > 0).any(axis=0))
    if len(worth):
        used[:, worth] = _solved(saving[:, worth], uses[:, worth], amount)
    return Packed(used, np.einsum("sc,sc->s", used, saving))


def _solved(saving: Floats, uses: Floats, amount: Floats) -> Floats:
    legs, count = uses.shape
    whole = np.concatenate([uses, np.eye(legs)], axis=1)
    worth = np.concatenate([saving, np.zeros((len(saving), legs))], axis=1)
    out = np.zeros(saving.shape)
    left = np.arange(len(saving))
    while len(left):
        first = int(left[0])
        plain, slack, price = _one(saving[first], uses, amount[first])
        basis = _basis(whole, worth[first], np.append(plain, slack), price)
        out[first] = plain
        settled = np.zeros(len(left), dtype=np.bool_)
        if basis is not None:
            settled, found = _answers(whole, worth[left], amount[left], basis)
            inside = basis < count
            out[np.ix_(left[settled], basis[inside])] = np.maximum(found[settled][:, inside], 0.0)
            out[np.ix_(left[settled], np.setdiff1d(np.arange(count), basis))] = 0.0
        settled[0] = True
        left = left[~settled]
    return out


def _one(saving: Floats, uses: Floats, amount: Floats) -> tuple[Floats, Floats, Floats]:
    """Amounts (C,), legs left over (m,), and what one more unit of a leg would save (m,), at one state."""
    scale = max(float(amount.max(initial=0.0)), 1e-300)
    found = linprog(-saving, A_ub=uses, b_ub=amount / scale, method="highs-ds")
    if found.status != 0:
        raise RuntimeError(f"the pairing of legs was not found: {found.message}")
    return found.x * scale, found.slack * scale, -found.ineqlin.marginals


def _basis(whole: Floats, worth: Floats, amount: Floats, price: Floats) -> Ints | None:
    """Columns (m,) of a basis with these amounts and prices, None where none is found: first the columns in use, then
    those that would do as well.
    """
    idle = np.abs(worth - price @ whole) <= SAME * np.abs(worth).max()
    in_use = amount > SAME * amount.max(initial=0.0)
    order = [*np.flatnonzero(in_use)[np.argsort(-amount[in_use], kind="stable")], *np.flatnonzero(idle & ~in_use)[::-1]]
    rest, chosen = whole[:, order].copy(), []
    for place, column in enumerate(order):
        row = int(np.argmax(np.abs(rest[:, place])))
        pivot = rest[row, place]
        if abs(pivot) > 1e-7:
            chosen.append(column)
            rest -= np.outer(rest[:, place], rest[row] / pivot)
            if len(chosen) == len(whole):
                return np.array(chosen, dtype=np.int64)
    return None


def _answers(whole: Floats, worth: Floats, amount: Floats, basis: Ints) -> tuple[Flags, Floats]:
    """At which states (n,) the basis is feasible and the best, and its amounts there (n, m)."""
    inverse = np.linalg.inv(whole[:, basis])
    found = amount @ inverse.T
    price = worth[:, basis] @ inverse
    gain = (worth - price @ whole).max(axis=1)
    feasible = found.min(axis=1) >= -SAME * amount.max(axis=1)
    best = gain <= SAME * np.abs(worth).max(axis=1)
    return np.asarray(feasible & best), np.asarray(found)
