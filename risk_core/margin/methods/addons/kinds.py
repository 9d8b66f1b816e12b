"""Every kind of add-on that is measured by underlying: its name in words, its measure, and what it needs to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....arrays import Flags, Floats
from . import market, money, positions, short_options, terms, tiered_minimum
from .exposure import Exposure

Measure = Callable[[Exposure, Any], Floats]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. measure: dollars (S, U) that the row's rates are of; NaN where the market lacks a figure.

    needs: keys of market.underlyings that a row reads. asks: instruments (I,) without which the figures do not matter.
    """

    title: str
    measure: Measure
    needs: Callable[[Any], tuple[str, ...]] = lambda _: ()
    asks: Callable[[Exposure], Flags] = lambda held: np.ones(len(held.is_option), dtype=np.bool_)


AMOUNTS: dict[str, Kind] = {
    "hedged_notional": Kind("hedged notional", positions.hedged_notional),
    "delta_minimum": Kind("least charge on delta", positions.delta_minimum),
    "short_options": Kind("short options", short_options.short_options),
    "option_minimum": Kind("least charge per option", short_options.option_minimum),
    "futures_rate": Kind("futures and perpetuals", positions.futures_rate),
    "term_move": Kind("moves of the term structure", terms.term_move),
    "delta_spread": Kind("deltas offset between expiries", terms.delta_spread),
    "vega_spread": Kind("vegas offset between expiries", terms.vega_spread),
    "delta_shock": Kind("large delta", positions.delta_shock),
    "tiered_minimum": Kind("least charge by contract", tiered_minimum.tiered_minimum),
    "concentration": Kind("concentration", market.concentration, lambda _: ("daily_volume",)),
    "liquidity": Kind("liquidity", market.liquidity, lambda row: ("spread", "depth") if row.slope else ("spread",)),
    "feed_doubt": Kind("doubt in the price feed", market.feed_doubt, lambda _: ("confidence",)),
    "funding_provision": Kind("funding kept back", money.funding_provision, lambda _: ("funding_8h",),
                              lambda held: held.is_perpetual),
    "fee_provision": Kind("closing fee kept back", money.fee_provision),
}
"""Kinds that ask an amount, in the order in which they are charged."""

SCALES: dict[str, Kind] = {
    "volatility_scale": Kind("scaled by volatility", market.volatility_scale,
                             lambda _: ("daily_volatility", "reference_volatility")),
    "liquidity_scale": Kind("scaled by liquidity", market.liquidity_scale, lambda _: ("daily_volume",)),
}
"""Kinds that multiply the core: their measure is the factor less 1."""
