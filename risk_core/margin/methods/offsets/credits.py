"""Credits for deltas of two underlyings against each other. Source: SPAN, inter-commodity spread credit.

The list is the order of priority; each spread uses up the deltas it takes. A credit is a share of the price risk of its
legs: of the part of a core that the net delta would lose at the largest move, never of more than the core.
Deltas are those at the present volatility, where SPAN weighs deltas of seven price points.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ....arrays import Floats
from ....rulebooks.offsets import Credit
from ....rulebooks.rules import Rules
from ..addons.exposure import Exposure
from ..demand import Demand, Part, Pool


def credited(asked: Demand, pool: Pool, rules: Rules) -> Demand:
    """`asked` with the credits of the rulebook as reliefs of its core, underlying by underlying."""
    if rules.offsets is None or not rules.offsets.credits:
        return asked
    held = Exposure(pool)
    delta = held.by_underlying(held.delta())
    taken = shares(rules.offsets.credits, pool.account.underlyings, delta)
    parts = []
    for u, name in enumerate(pool.account.underlyings):
        if not taken[:, u].any():
            continue
        initial, maintenance = asked.core_sum("initial", name), asked.core_sum("maintenance", name)
        exposed = np.abs(delta[:, u]) * held.price[:, u]
        risk = np.minimum(maintenance, np.multiply(_reach(rules, name), exposed, out=np.zeros(pool.states),
                                                   where=exposed > 0))
        share = taken[:, u] * np.divide(risk, maintenance, out=np.zeros(pool.states), where=maintenance > 0)
        if share.any():
            parts.append(Part("offsets.credits", f"{name} offset by another underlying", name, -share * initial,
                              -share * maintenance, is_core=True))
    return replace(asked, parts=(*asked.parts, *parts))


def _reach(rules: Rules, underlying: str) -> float:
    """The largest price move of the scenarios, a decimal; without limit where there are none."""
    return max(abs(move) for move in rules.portfolio.of(underlying).moves) if rules.portfolio else np.inf


def shares(rules: tuple[Credit, ...], names: tuple[str, ...], delta: Floats) -> Floats:
    """Share of each underlying's price risk that is credited, from 0 to 1, (S, U), of net deltas (S, U) in coins."""
    left, out = delta.copy(), np.zeros_like(delta)
    whole = np.where(delta == 0, 1.0, np.abs(delta))
    for rule in rules:
        if rule.first not in names or rule.second not in names:
            continue
        one, two = names.index(rule.first), names.index(rule.second)
        sign = np.sign(left[:, one]) * np.sign(left[:, two])
        fits = sign < 0 if rule.sides == "opposite" else sign > 0
        spreads = np.minimum(np.abs(left[:, one]) / rule.first_ratio, np.abs(left[:, two]) / rule.second_ratio)
        for at, ratio in ((one, rule.first_ratio), (two, rule.second_ratio)):
            used = np.where(fits, np.minimum(spreads * ratio, np.abs(left[:, at])), 0.0)
            out[:, at] += rule.credit * used / whole[:, at]
            left[:, at] -= np.sign(left[:, at]) * used
    return out
