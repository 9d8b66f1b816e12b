"""The least charge by contract, counted in steps. Source: OKX, portfolio margin, MR7."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....arrays import Floats
from ....rulebooks.addon_rows import MinimumStep, TieredMinimum
from .exposure import Exposure


def tiered_minimum(held: Exposure, row: TieredMinimum) -> Floats:
    """The charge by contract before steps, dollars (S, U)."""
    price, mark = held.own_price, held.mark
    own = np.maximum(row.option, row.option_delta * np.abs(held.unit_delta)) * price
    own = np.where(held.quantity > 0, np.minimum(own, mark), own)
    fee = np.minimum(row.fee * price, row.fee_share * mark)
    options = np.where(held.is_option, np.abs(held.quantity) * (own + fee), 0.0)
    return held.by_underlying(options + row.futures * np.abs(held.futures))


def stepped(amount: Floats, steps: Sequence[MinimumStep]) -> Floats:
    """`amount` with each part of it, from one step's start to the next, counted by the step's multiplier."""
    if not steps:
        return amount
    starts = [*(step.start for step in steps), np.inf]
    parts = [step.multiplier * np.clip(amount - start, 0.0, end - start)
             for step, start, end in zip(steps, starts, starts[1:], strict=False)]
    return np.asarray(sum(parts))
