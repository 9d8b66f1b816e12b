"""Tails of losses with probabilities: quantiles by stated rules and expected shortfall by stated rules.

Sources: C. Acerbi and D. Tasche, "On the coherence of expected shortfall", Journal of Banking & Finance 26 (2002), for
the weighted estimator; J. Hull, Risk Management and Financial Institutions, for the row rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....arrays import Flags, Floats, Ints
from ....rulebooks.history import EsRule, QuantileRule

SLACK = 1e-12
"""Probability within which a cumulated weight counts as having reached the tail's."""


@dataclass(frozen=True, eq=False)
class Tail:
    """Losses at S states, the largest first. loss, weight: (S, K), dollars and probabilities. reached: (S, K), the
    probabilities added up so far.
    """

    loss: Floats
    weight: Floats
    reached: Floats


def tail(loss: Floats, weight: Floats, depth: int | None = None) -> Tail:
    """The losses (S, K) with their probabilities (K,), sorted; only the `depth` largest where one is given.

    Probabilities need not add up to 1: of a list of only the largest losses they do not. A depth is for measures
    that no order of equal losses changes: all of equal probabilities, Hull, lower and weighted of any.
    """
    depth = loss.shape[1] if depth is None else depth
    if weight.size and weight.min() == weight.max():  # values sort several times as fast as places
        falling = -np.sort(_largest(loss, depth), axis=1)
        own = np.broadcast_to(weight[:depth], falling.shape)
    else:
        at = order(loss, weight) if depth == loss.shape[1] else _placed(loss, depth)
        falling, own = np.take_along_axis(loss, at, axis=1), weight[at]
    return Tail(falling, own, np.cumsum(own, axis=1))


def depth(weight: Floats, level: float) -> int:
    """How many of the largest losses hold all of the tail, whichever they are, and the row that exceeds it."""
    least = np.cumsum(np.sort(weight))
    return min(int(np.searchsorted(least, 1.0 - level + 2.0 * SLACK, side="right")) + 2, len(weight))


def _largest(loss: Floats, count: int) -> Floats:
    """The largest losses of each row with their signs turned, in any order, (S, count)."""
    turned = -loss
    return turned if count == turned.shape[1] else np.partition(turned, count - 1, axis=1)[:, :count]


def _placed(loss: Floats, count: int) -> Ints:
    """Places of the largest losses of each row, the largest first, (S, count)."""
    at = np.argpartition(-loss, count - 1, axis=1)[:, :count]
    within = np.argsort(-np.take_along_axis(loss, at, axis=1), axis=1)
    return np.asarray(np.take_along_axis(at, within, axis=1))


def order(loss: Floats, weight: Floats) -> Ints:
    """Places of the losses (S, K), the largest first; of equal ones the likeliest, then that of the lowest place."""
    likeliest = np.argsort(-weight, kind="stable")
    return np.asarray(likeliest[np.argsort(-loss[:, likeliest], axis=1, kind="stable")])


def row(of: Tail, level: float, rule: QuantileRule) -> Ints:
    """Which sorted row is the value at risk, (S,), with p = 1 - level.

    Hull, interpolated: the first with which the probabilities reach p, so the 5th of 500 at 99 %. lower: the first with
    which they exceed p, the lower quantile, the 6th. higher: the last with which they do not exceed p, the 5th; the
    worst where one row alone does.
    """
    p = 1.0 - level
    exceeded = of.reached > p + SLACK
    first = _first(of.reached >= p - SLACK if rule in {"Hull", "interpolated"} else exceeded)
    return np.maximum(first - 1, 0) if rule == "higher" else first


def _first(flags: Flags) -> Ints:
    """The first column that is true, the last where none is, (S,)."""
    return np.asarray(np.where(flags.any(axis=1), np.argmax(flags, axis=1), flags.shape[1] - 1))


def value_at_risk(of: Tail, level: float, rule: QuantileRule) -> Floats:
    """Value at risk, dollars (S,); interpolated: linear in probability between row and the one before."""
    at = row(of, level, rule)
    here = _at(of.loss, at)
    if rule != "interpolated":
        return here
    before, weight = np.maximum(at - 1, 0), _at(of.weight, at)
    missing = 1.0 - level - _at(of.reached, before)
    share = np.divide(missing, weight, out=np.ones(len(at)), where=(at > 0) & (weight > 0))
    above = _at(of.loss, before)
    return np.asarray(above + np.clip(share, 0.0, 1.0) * (here - above))


def expected_shortfall(of: Tail, level: float, rule: EsRule) -> Floats:
    """Expected shortfall, dollars (S,).

    weighted: the mean over exactly the worst p = 1 - level of probability, with part of the row at its edge; coherent.
    beyond the VaR row: the mean of the rows worse than Hull's (that row itself where it is the worst). VaR row inside:
    with that row. Among equal probabilities the last two are the first at another level; else they are not subadditive.
    """
    if rule == "weighted":
        part = np.clip(1.0 - level - (of.reached - of.weight), 0.0, of.weight)
    else:
        at = row(of, level, "Hull")
        last = at if rule == "VaR row inside" else np.maximum(at - 1, 0)
        part = np.where(np.arange(of.loss.shape[1]) <= last[:, None], of.weight, 0.0)
    mass = part.sum(axis=1)
    mean = np.divide((part * of.loss).sum(axis=1), mass, out=of.loss[:, 0].copy(), where=mass > 0)
    return np.asarray(mean)


def _at(values: Floats, column: Ints) -> Floats:
    """One column of each row, (S,)."""
    return np.asarray(values[np.arange(len(values)), column])
