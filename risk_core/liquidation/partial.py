"""A liquidation played out at present prices: step by step, over successive accounts, each measured like any other.

Limits: closed at the mark, without slippage; coin collateral is kept and losses are booked in dollars; open orders
are cancelled first, as venues do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial as given

import numpy as np

from ..arrays import Floats
from ..errors import Unsettled
from ..margin.figures import Figures
from ..margin.holding import Holding, hold
from ..margin.models import Mode, chosen
from ..margin.pools import is_pool, named
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rulebook
from .buffered import buffered
from .closing import Close, ClosedLeg, bucket_id, close
from .lines import ZERO
from .sequences import SEQUENCES, Strained

MOST_STEPS = 2_000
"""Steps after which a liquidation is given up: more than any book of the size this tool takes needs."""


@dataclass(frozen=True, slots=True)
class ClosingStep:
    """One step. who: id of the pool or isolated leg; fee, insurance: dollars, insurance what a fund has to make up.

    before, after: figures of that bucket, with what an isolated leg closed whole gives back. account: after the step.
    """

    who: str
    closed: tuple[ClosedLeg, ...]
    fee: float
    insurance: float
    before: Figures
    after: Figures
    account: Account


def partial(account: Account, rulebook: Rulebook, mode: str) -> tuple[ClosingStep, ...]:
    """Every step of the liquidation of an account in one mode, isolated legs before the pools; () where all is safe.

    Raises Refused for a mode there is not or that the rulebook does not define, Unsettled after too many steps.
    """
    (row,) = chosen([mode])
    steps: list[ClosingStep] = []
    holding = hold(account, rulebook.rules, row)
    strained = [bucket_id(holding, bucket) for bucket in range(holding.nets.buckets) if _below(holding, bucket)]
    for who in sorted(strained, key=is_pool):
        steps += _bucket_steps(steps[-1].account if steps else account, rulebook, row, who)
    return tuple(steps)


def _below(holding: Holding, bucket: int) -> bool:
    now = holding.now
    short = now.equity[0, bucket] - now.maintenance[0, bucket] < -ZERO * holding.size
    return bool(short and (holding.nets.bucket == bucket).any())


def _bucket_steps(account: Account, rulebook: Rulebook, mode: Mode, who: str) -> list[ClosingStep]:
    holding, steps = hold(account, rulebook.rules, mode), list[ClosingStep]()
    sizes = dict(zip(account.book.ids, np.abs(account.book.quantity).tolist(), strict=True))
    at = _found(holding, who)
    if is_pool(who) and (at is None or not _below(holding, at)):
        return steps  # what an isolated leg gave back was enough
    while (bucket := _number(holding, who)) is not None:
        if steps and _settled(holding, bucket):
            return steps
        if len(steps) == MOST_STEPS:
            raise Unsettled(f"the liquidation of {named(who)} did not end within {MOST_STEPS} steps")
        done = _next(holding, bucket, sizes)
        before, holding = _figures(holding, bucket), hold(done.account, rulebook.rules, mode)
        number = _found(holding, who)
        after = Figures(done.equity, 0.0, 0.0) if number is None else _figures(holding, number)
        steps.append(ClosingStep(who, done.legs, done.fee, done.insurance, before, after, done.account))
    return steps


def _figures(holding: Holding, bucket: int) -> Figures:
    now, zero = holding.now, ZERO * holding.size
    columns = now.equity, now.initial, now.maintenance, now.withheld
    equity, initial, maintenance, withheld = (float(column[0, bucket]) for column in columns)
    return Figures(equity, initial, maintenance, zero, withheld)


def _number(holding: Holding, who: str) -> int | None:
    """The bucket `who` is, None where nothing in it is left to close."""
    found = _found(holding, who)
    return None if found is None or not (holding.nets.bucket == found).any() else found


def _found(holding: Holding, who: str) -> int | None:
    """The bucket `who` is, None where a step has ended it."""
    return next((bucket for bucket in range(holding.nets.buckets) if bucket_id(holding, bucket) == who), None)


def _settled(holding: Holding, bucket: int) -> bool:
    """Whether closing stops here: the requirement is below its target share of equity, or there is none."""
    now, target = buffered(holding), holding.rules.liquidation.target_ratio
    requirement, collateral = now.requirement[bucket], now.collateral[bucket]
    return bool(requirement < target * collateral or 0 == requirement <= collateral)


def _next(holding: Holding, bucket: int, sizes: Mapping[str, float]) -> Close:
    rules, now = holding.rules.liquidation, holding.now
    who = bucket_id(holding, bucket)
    strained = Strained(holding, bucket, _left(holding, sizes), given(_settles, holding, bucket, who))
    taken_over = bool(now.equity[0, bucket] < rules.takeover_ratio * now.maintenance[0, bucket])
    shares = strained.all if taken_over else SEQUENCES[rules.sequence](strained)
    return close(holding, bucket, shares, taken_over=taken_over)


def _settles(holding: Holding, bucket: int, who: str, shares: Floats) -> bool:
    after = hold(close(holding, bucket, shares).account, holding.rules, holding.mode)
    number = _number(after, who)
    return number is None or _settled(after, number)


def _left(holding: Holding, sizes: Mapping[str, float]) -> Floats:
    """Share of each net's size at the start that is left, (N,); its legs shrink together."""
    book, nets = holding.account.book, holding.nets
    left = np.ones(len(nets.quantity))
    part = np.abs(book.quantity) / np.array([sizes[name] for name in book.ids])
    np.minimum.at(left, nets.leg_net, part)
    return left
