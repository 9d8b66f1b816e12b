"""What the parameters of the sections `addons` and `offsets` are called."""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "addons.hedged_notional": "Hedged notional charge",
    "addons.delta_minimum": "Least charge on delta",
    "addons.short_options": "Short option charge",
    "addons.option_minimum": "Least charge per option",
    "addons.futures_rate": "Futures and perpetuals charge",
    "addons.term_move": "Moves of the term structure",
    "addons.delta_spread": "Deltas offset between expiries",
    "addons.vega_spread": "Vegas offset between expiries",
    "addons.delta_shock": "Large delta charge",
    "addons.tiered_minimum": "Least charge by contract",
    "addons.minimum_steps": "Steps of the least charge",
    "addons.concentration": "Concentration charge",
    "addons.liquidity": "Liquidity charge",
    "addons.depeg": "Dollar coin below par",
    "addons.feed_doubt": "Doubt in the price feed",
    "addons.borrowing": "Margin of balances owed",
    "addons.funding_provision": "Funding kept back",
    "addons.fee_provision": "Closing fee kept back, portfolio",
    "addons.volatility_scale": "Scaled by volatility",
    "addons.liquidity_scale": "Scaled by liquidity",
    "addons.procyclicality": "Tools against procyclicality",
    "offsets.groups": "Groups of underlyings",
    "offsets.credits": "Credits between underlyings",
}
