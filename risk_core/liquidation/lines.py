"""From holdings to walks: buffer or equity of a bucket along a direction, as rows of lines and options."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..arrays import Flags, Floats, Ints
from ..margin.account_value import option_value
from ..margin.balances import collateral_value
from ..margin.charges import larger_side, options, scan, tiered
from ..margin.charges.form import LineSum
from ..margin.charges.terms import Terms
from ..margin.holding import Holding
from ..margin.netting import HEDGED
from . import scan_lines
from .question import Question
from .walks import HIGHEST, LOWEST, Walks

ZERO = HEDGED
"""A buffer within this share of the account's gross size counts as 0."""


def walks(questions: Sequence[Question]) -> Walks:
    """All questions as one batch of walks, in their order."""
    shapes = [_groups(question) for question in questions]
    group_rows = np.array([rows for shape in shapes for rows in shape], dtype=np.int64)
    group_walk = np.repeat(np.arange(len(questions)), [len(shape) for shape in shapes])
    lines = LineSum.empty(int(group_rows.sum()))
    first = np.cumsum([0, *(sum(shape) for shape in shapes)])[:-1].astype(np.int64)
    for holding in dict.fromkeys(question.holding for question in questions):
        mine = [i for i, question in enumerate(questions) if question.holding is holding]
        _fill(lines, holding, [questions[i] for i in mine], first[mine])
    zero = np.array([gross_along(question) for question in questions]).reshape(-1, 2) * ZERO
    spans = np.array([span(question.beta) for question in questions]).reshape(-1, 2)
    row_group = np.repeat(np.arange(len(group_rows)), group_rows)
    return Walks(group_walk, row_group, lines.const, lines.slope, Terms.join(lines.terms),
                 zero[:, 0], zero[:, 1], spans[:, 0], spans[:, 1])


def gross_along(question: Question) -> tuple[float, float]:
    """Gross size along the walk, const and slope, dollars."""
    still, moving = question.holding.gross
    return still + float(moving @ (1.0 - question.beta)), float(moving @ question.beta)


def _groups(question: Question) -> list[int]:
    """Rows of each group. One moved underlying: equity and each scenario share a row. More: equity first, then each.

    Where legs are charged by themselves: one row, and two further for each fork of an option's charge and for each pair
    of opposite sides of which the larger alone is charged.
    """
    if not question.scans or not len(question.moved):
        pairs = set(_pairs(question).tolist()) - {larger_side.NONE}
        return [1] + [2] * (_forks(question) + len(pairs))
    rows = len(scan.rows(question.holding.rules.scanned).move) + 1
    return [rows] if len(question.moved) == 1 else [1] + [rows] * len(question.moved)


def _forks(question: Question) -> int:
    rules, holding = question.asks_options, question.holding
    if rules is None or not rules.forks:
        return 0
    return int(options.forks(holding.account, holding.nets, rules, question.moving).sum())


def _pairs(question: Question) -> Ints:
    """The pair of opposite sides each of the bucket's nets belongs to, in their order."""
    holding = question.holding
    mine = np.flatnonzero(holding.nets.bucket == question.bucket)
    if question.what != "buffer" or holding.charge != "tiered":
        return np.full(len(mine), larger_side.NONE, dtype=np.int64)
    return larger_side.pairs(holding.account, holding.nets, holding.rules)[mine]


def _own_rows(question: Question, row: int) -> Ints:
    """The row each of the bucket's nets is charged in: `row`, or its side's of its pair, behind those of the forks."""
    holding, of = question.holding, _pairs(question)
    short = holding.nets.quantity[holding.nets.bucket == question.bucket] < 0
    number = np.unique(of[of != larger_side.NONE], return_inverse=True)[1]
    out = np.full(len(of), row, dtype=np.int64)
    out[of != larger_side.NONE] += 1 + 2 * (_forks(question) + number)
    return np.asarray(out + ((of != larger_side.NONE) & short))


def _second(question: Question, at: Ints) -> Flags:
    """Which of the bucket's nets `at` are asked for by the second of their two charges."""
    out = np.zeros(len(at), dtype=np.bool_)
    rules, holding = question.asks_options, question.holding
    if rules and question.second:
        moving = question.moving
        of = options.choices(holding.account, holding.nets, rules, moving)
        out[np.isin(at, moving[np.isin(of, list(question.second))])] = True
    return out


def span(beta: Floats) -> tuple[float, float]:
    """The k for which every moved price stays within LOWEST … HIGHEST of now."""
    low, high = LOWEST, HIGHEST
    for b in beta[beta != 0]:
        ends = sorted((1 + (LOWEST - 1) / b, 1 + (HIGHEST - 1) / b))
        low, high = max(low, ends[0]), min(high, ends[1])
    return low, high


def _fill(lines: LineSum, holding: Holding, questions: Sequence[Question], first: Ints) -> None:
    """Rows of one holding's questions; first: (Q,), the first row of each."""
    plain = [(question, row) for question, row in zip(questions, first, strict=True) if not question.scans]
    for question, row in zip(questions, first, strict=True):
        if question.bucket in holding.nets.alone:
            _pledge(lines, holding, question, int(row), question.bucket, 1.0)
        else:
            _collateral(lines, question, int(row))
        if question.scans:
            scan_lines.add(lines, question, int(row))
    _entries(lines, holding, plain)


def _entries(lines: LineSum, holding: Holding, asked: Sequence[tuple[Question, int]]) -> None:
    """Profit, option value and tiered maintenance of the nets of every question, in one go."""
    if not asked:
        return
    account, nets = holding.account, holding.nets
    mine = [np.flatnonzero(nets.bucket == question.bucket) for question, _ in asked]
    at = np.concatenate(mine)
    counts = [len(part) for part in mine]
    row = np.repeat(np.array([row for _, row in asked], dtype=np.int64), counts)
    beta = np.concatenate([question.beta[account.instruments.underlying[nets.instrument[part]]]
                           for part, (question, _) in zip(mine, asked, strict=True)])
    shift, scale = 1.0 - beta, beta
    lines.add(row, nets.profit_const[at] + nets.profit_slope[at] * shift, nets.profit_slope[at] * scale)
    charged = np.repeat([question.what == "buffer" for question, _ in asked], counts)
    if holding.counts_option_value:
        _option_value(lines, holding, at, row, shift, scale)
    if not charged.all() and holding.rules.fees.bankruptcy == "with fee":
        tiered.closing_lines(account, nets, holding.rules, lines, at[~charged], row[~charged],
                             shift[~charged], scale[~charged])
    if charged.any():
        second = np.concatenate([_second(question, part) for part, (question, _) in zip(mine, asked, strict=True)])
        own = np.concatenate([_own_rows(question, int(row)) for question, row in asked])
        tiered.maintenance_lines(account, nets, holding.rules, lines, at[charged], own[charged],
                                 shift[charged], scale[charged], _asked(holding).maintenance[0], second[charged])


def _asked(holding: Holding) -> tiered.Requirement:
    if holding.now.by_net is None:
        raise RuntimeError("legs of a scanned mode are charged together")
    return holding.now.by_net


def _option_value(lines: LineSum, holding: Holding, at: Ints, row: Ints, shift: Floats, scale: Floats) -> None:
    account, nets = holding.account, holding.nets
    ins, inst = account.instruments, nets.instrument[at]
    lines.add(row, np.where(scale == 0, nets.quantity[at] * option_value(account)[inst], 0.0))
    moved = ins.is_option[inst] & (scale != 0)
    if moved.any():
        v = ins.total_volatility[inst[moved]]
        lines.option(row[moved], nets.quantity[at[moved]], account, inst[moved], shift[moved], scale[moved], v)


def _collateral(lines: LineSum, question: Question, row: int) -> None:
    holding = question.holding
    const, by_underlying = collateral_value(holding.account, holding.rules, holding.nets.pools)[question.bucket]
    mine = holding.nets.backing == question.bucket
    still = holding.pledge_coin < 0
    lines.const[row] += const - math.fsum(holding.pledge[still & mine]) + by_underlying @ (1.0 - question.beta)
    lines.slope[row] += by_underlying @ question.beta
    for bucket in np.flatnonzero(~still & mine):
        _pledge(lines, holding, question, row, int(bucket), -1.0)


def _pledge(lines: LineSum, holding: Holding, question: Question, row: int, bucket: int, sign: float) -> None:
    """A bucket's pledge: dollars that stand still, or coins that move with their price."""
    coin, pledge = int(holding.pledge_coin[bucket]), sign * holding.pledge[bucket]
    beta = question.beta[coin] if coin >= 0 else 0.0
    lines.const[row] += pledge * (1.0 - beta)
    lines.slope[row] += pledge * beta
