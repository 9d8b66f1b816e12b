"""The main job: one account in every mode, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Problem, Refused
from ..liquidation.lines import ZERO
from ..liquidation.thresholds import Levels, Liquidation, levels, union, walked
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rulebook
from . import explain
from .explain import Component, Share, Step
from .figures import Bucket, Figures, total, worst
from .holding import Holding, hold
from .methods.ratio.demand import Shown
from .models import MODES, chosen, unavailable
from .positions import PositionFigures, position_figures
from .ratios import of_method
from .wallets import WalletFigures, wallet_figures

LARGEST = 1e24
"""Dollars of an account: far above any book, far below where a product of the engine leaves the range of numbers."""


@dataclass(frozen=True, slots=True)
class ModeResult:
    """One mode: head figures (sums over the account), its pools where it splits, legs, levels, and why.

    pool: sum of the pools. wallets: one by one, where there are several.
    worst: what sets the figure, in words. components: parts that add up to the head maintenance margin.
    shares: per leg what it adds, three ways. steps: the waterfall from legs alone to initial margin.
    liquidation: along each underlying, where any pool or leg is liquidated; levels: the same one by one.
    buckets_liquidated: ids of pools and legs below maintenance now. worst_bucket: the pool or leg strained most.
    unshared: part of the maintenance margin that no leg has a part of, see Why.
    orders: part of the pools' initial margin that open orders ask, None where there are none.
    ratio: of a pool charged by a ratio method, with its thresholds; None elsewhere.
    """

    name: str
    title: str
    head: Figures
    pool: Figures | None
    wallets: tuple[WalletFigures, ...]
    positions: tuple[PositionFigures, ...]
    liquidation: Mapping[str, Liquidation]
    levels: Mapping[str, tuple[Liquidation, ...]]
    worst: str
    components: tuple[Component, ...]
    shares: tuple[Share, ...]
    steps: tuple[Step, ...]
    buckets_liquidated: tuple[str, ...]
    worst_bucket: Bucket
    orders: float | None
    unshared: float
    ratio: Shown | None = None

    @property
    def apart(self) -> bool:
        """Whether there are several pools or legs to tell apart."""
        return self.pool is not None or bool(self.wallets)

    @property
    def worst_used(self) -> float | None:
        """Maintenance used of the worst pool or leg, None with no equity left: a sum would hide it."""
        return self.worst_bucket.figures.strain


@dataclass(frozen=True, slots=True)
class Comparison:
    """The chosen modes of one account under one rulebook, by name in the order of the table of modes.

    unavailable: the modes the rulebook does not define, with the reason.
    """

    account: Account
    rulebook: Rulebook
    modes: Mapping[str, ModeResult]
    unavailable: Mapping[str, str]


def compare(account: Account, rulebook: Rulebook, modes: Iterable[str] = tuple(MODES)) -> Comparison:
    """The account in each of `modes`.

    Raises Refused for a mode there is not and where figures leave the range of numbers, Unsettled where levels
    cannot be found.
    """
    wanted = chosen(modes)
    reasons = {mode.name: unavailable(mode, account, rulebook.rules) for mode in wanted}
    holdings = [hold(account, rulebook.rules, mode) for mode in wanted if reasons[mode.name] is None]
    _refuse_overflow(holdings)
    found = levels(holdings)
    results = {holding.mode.name: _result(holding, level) for holding, level in zip(holdings, found, strict=True)}
    return Comparison(account, rulebook, results, {name: reason for name, reason in reasons.items() if reason})


def _refuse_overflow(holdings: Sequence[Holding]) -> None:
    for holding in holdings:
        nets = holding.nets
        parts = (holding.size, np.abs(nets.profit_const).sum(), np.abs(nets.profit_slope).sum(), holding.pledge.sum())
        total = math.fsum(map(float, parts)) if all(map(math.isfinite, parts)) else math.inf
        if not total < LARGEST:
            rule = f"is too large: sizes, entries and pledges must stay below {LARGEST:g} dollars together"
            raise Refused([Problem("$", total if math.isfinite(total) else "overflow", rule)])


def _result(holding: Holding, level: Levels) -> ModeResult:
    now = holding.now
    zero = ZERO * holding.size
    columns = now.equity[0], now.initial[0], now.maintenance[0], now.withheld[0]
    figures = [Figures(float(e), float(i), float(m), zero, float(w)) for e, i, m, w in zip(*columns, strict=True)]
    buckets = [Bucket(holding.nets.who(holding.account, at), own) for at, own in enumerate(figures)]
    why = explain.explain(holding, now)
    walks = _by_underlying(holding, level)
    return ModeResult(
        holding.mode.name,
        holding.mode.title,
        total(figures),
        total(figures[:holding.nets.alone.start]) if holding.mode.splits else None,
        wallet_figures(holding, figures, level),
        position_figures(holding, now, figures, level),
        {name: union(found) for name, found in walks.items()},
        walks,
        why.worst,
        why.components,
        why.shares,
        why.steps,
        tuple(one.who for one in buckets if one.figures.buffer < -zero),
        worst(buckets),
        explain.orders(holding),
        why.unshared,
        of_method(holding),
    )


def _by_underlying(holding: Holding, level: Levels) -> dict[str, tuple[Liquidation, ...]]:
    names = holding.account.underlyings
    parts: dict[int, list[Liquidation]] = {u: [] for u in walked(holding)}
    for (_, u), liquidation in level.liquidation.items():
        parts[u].append(liquidation)
    return {names[u]: tuple(found) for u, found in parts.items()}
