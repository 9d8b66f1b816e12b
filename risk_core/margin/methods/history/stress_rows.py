"""Stress rows: named days, or one move of all underlyings, with probabilities of their own."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ....arrays import Floats
from ....market_history.daily import stress
from ....rulebooks.history import HistoryRules, StressRow
from .refusals import listed, refused


def relative(row: StressRow, names: tuple[str, ...], rules: HistoryRules) -> Floats:
    """Relative moves of the underlyings in a stress row, (n,): as they were, scaled by nothing."""
    if not row.day:
        return np.full(len(names), row.move)
    own, betas = _returns(row.day), {beta.underlying: beta.beta for beta in rules.betas}
    lacking = [name for name in names if name not in own]
    helpless = rules.missing == "refuse" or rules.proxy not in own
    if without := [name for name in lacking if helpless or name not in betas]:
        raise refused(without, lambda name: f"stress day {row.day} has no move of {name}, and there is no beta of it")
    return np.array([np.expm1(betas[name] * own[rules.proxy] if name in lacking else own[name]) for name in names])


def _returns(day: str) -> dict[str, float]:
    """Log returns of the coins that have one on a stress day. Raises Refused where there is no such day."""
    table = stress()
    if day not in table.dates:
        raise refused([day], lambda one: f"{one} is not a stress day; there are {listed(table.dates)}")
    own = zip(table.names, table.log[table.dates.index(day)].tolist(), strict=True)
    return {name: value for name, value in own if math.isfinite(value)}


def told(names: tuple[str, ...], rules: HistoryRules) -> Iterable[str]:
    """What was assumed about stress days, one sentence each."""
    days = [row.day for row in rules.stress_rows if row.day]
    for name in names:
        if lacking := [day for day in days if name not in _returns(day)]:
            yield f"{name} has no move on stress day {listed(lacking)}: moved by its beta to {rules.proxy}."
