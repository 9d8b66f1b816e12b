"""Rows of a scanned pool along a walk: equity less each scenario's loss, less the minimum, less the add-ons.

Where one underlying moves, equity and a scenario share a row, and the option value of now cancels against the
scenario's own: H = min over rows. Where several move, equity is one group and the losses of each underlying another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Floats, Ints
from ..margin.charges import scan
from ..margin.charges.form import LineSum
from ..margin.charges.terms import Terms
from .question import Question


def add(lines: LineSum, question: Question, first: int) -> None:
    """Fill the rows of `question` from row `first` on; its collateral is in that row already."""
    moved = question.moved
    _futures(lines, question, first)
    _still(lines, question, first)
    joined = len(moved) == 1
    row = first if joined else first + 1
    for u in moved:
        side = _Side(question, int(u), first, row, joined=joined)
        side.add(lines)
        row += len(side.rows)


def _futures(lines: LineSum, question: Question, row: int) -> None:
    """Profit of futures and perpetuals."""
    nets, account = question.holding.nets, question.holding.account
    beta = question.beta[account.instruments.underlying[nets.instrument]]
    at = np.full(len(beta), row)
    lines.add(at, nets.profit_const + nets.profit_slope * (1.0 - beta), nets.profit_slope * beta)


def _still(lines: LineSum, question: Question, row: int) -> None:
    """Option value less charge of the underlyings that do not move."""
    count = len(question.beta)
    now = question.holding.now.charges
    for u in np.setdiff1d(np.arange(count), question.moved):
        lines.const[row] += now[u].option_value[0] - now[u].total[0]


class _Side:
    """Rows of one moved underlying: one per scenario, and one for the short option minimum."""

    def __init__(self, question: Question, u: int, base: int, first: int, *, joined: bool) -> None:
        holding = question.holding
        self.account, self.rules = holding.account, holding.rules.scanned
        self.table = scan.rows(self.rules)
        self.held = scan.side(self.account, holding.nets, np.arange(len(holding.nets.quantity)), u)
        self.base, self.joined = base, joined
        self.rows = first + np.arange(len(self.table.move) + 1)
        self.scale = float(question.beta[u])
        self.shift = 1.0 - self.scale
        self.price = float(self.account.index[u])

    def add(self, lines: LineSum) -> None:
        """Add every part to the rows."""
        self._hedged(lines)
        if self.joined:
            _copy_row(lines, self.base, self.rows[1:])
        weighted, linear = self.table.weight * self.table.move, float(self.held.linear.sum())
        fixed = linear * self.shift + float(self.held.face.sum())
        lines.add(self.rows[:-1], weighted * fixed, weighted * linear * self.scale)
        minimum = self.rules.short_option_minimum * self.price * self.held.short
        lines.add(self.rows[-1:], np.array([-minimum * self.shift]), np.array([-minimum * self.scale]))
        if len(self.held.option):
            self._options(lines)

    def _options(self, lines: LineSum) -> None:
        """Option value after each move, and as much of the value before it as does not cancel."""
        count = len(self.table.move)
        v = self.account.instruments.total_volatility[self.held.option]
        shocked = scan.shocked_volatility(self.account, self.rules, self.held.option)
        self._value(lines, _Values(self.rows[:-1], self.table.weight, self.table.move, shocked))
        before = float(self.joined) - np.append(self.table.weight, 0.0)
        unmoved = np.tile(v, (count + 1, 1))
        self._value(lines, _Values(self.rows, before, np.zeros(count + 1), unmoved))
        if not self.joined:
            self._value(lines, _Values(np.array([self.base]), np.ones(1), np.zeros(1), v[None, :]))

    def _value(self, lines: LineSum, of: _Values) -> None:
        used = of.share != 0
        row, share, move, v = of.row[used], of.share[used], 1.0 + of.move[used], of.v[used]
        n = len(self.held.option)
        lines.option(np.repeat(row, n), np.outer(share, self.held.size).ravel(), self.account,
                     np.tile(self.held.option, len(row)), np.repeat(self.shift * move, n),
                     np.repeat(self.scale * move, n), v.ravel())

    def _hedged(self, lines: LineSum) -> None:
        """Take rate × (Σ|δ| - |Σδ|) ÷ 2 off the base row; |x| = 2 max(x, 0) - x."""
        rate, held = self.rules.hedged_rate, self.held
        linear, face = float(held.linear.sum()), float(held.face.sum())
        gross_linear, gross_face = float(np.abs(held.linear).sum()), float(np.abs(held.face).sum())
        fixed = linear * self.shift + face
        lines.const[self.base] -= 0.5 * rate * (gross_linear * self.shift + gross_face + fixed)
        lines.slope[self.base] -= 0.5 * rate * (gross_linear + linear) * self.scale
        if linear * self.scale == 0:
            lines.const[self.base] += rate * max(fixed, 0.0)
        elif rate:
            one = np.ones(1)
            lines.terms.append(Terms(np.array([self.base]), rate * one, fixed * one, linear * self.scale * one,
                                     0 * one, 0 * one))


@dataclass(frozen=True, eq=False)
class _Values:
    """share × the options' value at price × (1 + move), in rows; row, share, move: (R,), v: (R, options)."""

    row: Ints
    share: Floats
    move: Floats
    v: Floats


def _copy_row(lines: LineSum, base: int, rows: Ints) -> None:
    """Give `rows` all that row `base` holds."""
    lines.const[rows] += lines.const[base]
    lines.slope[rows] += lines.slope[base]
    for term in [term for term in lines.terms if (term.row == base).any()]:
        mine = term.row == base
        columns = (getattr(term, name)[mine] for name in ("weight", "shift", "scale", "strike", "v"))
        lines.terms.append(Terms(np.repeat(rows, int(mine.sum())), *(np.tile(c, len(rows)) for c in columns)))
