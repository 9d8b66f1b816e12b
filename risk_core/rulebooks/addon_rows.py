"""Rows of the add-ons: what each kind asks, of which underlying, and its place beside the core."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from .records import NotNegative, Positive, Rate, Record

Place = Literal["on top", "in the core", "floor of the core"]
ON_TOP: Final = "on top"
IN_THE_CORE: Final = "in the core"
FLOOR: Final = "floor of the core"
"""in the core: added before floors are compared; floor of the core: the higher of the two; on top: added to all."""
Exponent = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
Yearly = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Delta = Literal["forward", "less premium"]
"""forward: as Black-76 gives it; less premium: of options settled in coin, less their mark in coin."""


class Charge(Record):
    """A row of an add-on. underlying: whose, "" for every one without a row of its own.

    initial, maintenance: what is asked of the amount the add-on measures.
    """

    underlying: str = ""
    initial: NotNegative = 1.0
    maintenance: NotNegative = 1.0
    place: Place = ON_TOP

    @property
    def rates(self) -> tuple[float, float]:
        """What is asked of the amount measured: of initial and of maintenance margin."""
        return self.initial, self.maintenance


class HedgedNotional(Charge):
    """Share of half of what futures and perpetuals offset: (Σ|δ| - |Σδ|) ÷ 2."""


class DeltaMinimum(Charge):
    """(net × |Σδ| + hedged × (Σ|δ| - |Σδ|) ÷ 2) × price, all instruments. Source: Paradex, portfolio margin."""

    net: NotNegative
    hedged: NotNegative
    place: Place = FLOOR


class ShortOptions(Charge):
    """Share of the price per short option: each option, or calls and puts of a strike and expiry netted."""

    count: Literal["option", "strike", "larger right"] = "option"


class OptionMinimum(Record):
    """Dollars per unit of option: short ones, or all held. Source: SPAN short option minimum; OCC, minimum charge."""

    underlying: str = ""
    initial_dollars: NotNegative
    maintenance_dollars: NotNegative
    count: Literal["option", "strike", "larger right", "every option"] = "option"
    place: Place = FLOOR

    @property
    def rates(self) -> tuple[float, float]:
        """Dollars per unit: of initial and of maintenance margin."""
        return self.initial_dollars, self.maintenance_dollars


class FuturesRate(Charge):
    """Share of the notional of futures and perpetuals; net: long against short of all expiries."""

    of: Literal["perpetuals", "futures", "both"] = "both"
    count: Literal["each", "net"] = "each"
    priced: Literal["mark", "index"] = "mark"


class TermMove(Charge):
    """Delta of each expiry × max(yearly × time, least_move); a perpetual's is `perpetual`.

    compounding: e^(a T) - 1, or a T. Source: Deribit, roll shock; OKX, MR4.
    """

    yearly: Yearly
    least_move: NotNegative
    perpetual: NotNegative
    compounding: Literal["continuous", "simple"]
    delta: Delta = "forward"
    priced: Literal["mark", "index"] = "index"


class DeltaSpread(Charge):
    """What deltas of two expiries offset, nearest pairs first, × price; flat, per year or per day between them."""

    by: Literal["pair", "year apart", "day apart"] = "pair"


class VegaSpread(Charge):
    """What vegas of two expiries offset × vol points for each day between them. Source: Bybit, vega spread."""

    points: NotNegative


class DeltaShock(Charge):
    """Net delta × price × min(slope × coins beyond the threshold, most). Source: Deribit, delta shock."""

    threshold: NotNegative
    slope: NotNegative
    most: NotNegative
    delta: Delta = "forward"


class TieredMinimum(Charge):
    """Charge per contract that rises by `minimum_steps`. Source: OKX, MR7.

    Of an option max(option, option_delta × |δ|) × price, a long's at most its mark, plus min(fee × price, fee_share ×
    mark); of futures and perpetuals `futures` × notional.
    """

    option: NotNegative
    option_delta: NotNegative
    fee: NotNegative
    fee_share: NotNegative
    futures: NotNegative
    place: Place = FLOOR


class MinimumStep(Record):
    """From these dollars of charge on, each further dollar counts `multiplier` times."""

    underlying: str = ""
    start: NotNegative = Field(alias="from")
    multiplier: NotNegative


class Concentration(Charge):
    """Net delta beyond a share of the daily volume × (size ÷ volume) ^ power."""

    share: NotNegative
    power: Exponent


class Liquidity(Charge):
    """Half of the bid-ask spread on every instrument's delta × (1 + slope × size ÷ depth)."""

    slope: NotNegative


class Depeg(Charge):
    """(threshold - price of the coin) × factor on short options and futures, or on the core's worst loss."""

    asset: Annotated[str, Field(min_length=1)]
    threshold: NotNegative
    factor: NotNegative
    on: Literal["short options and futures", "core"]


class FeedDoubt(Charge):
    """(1 - confidence) of the notional of all instruments where the feed's confidence is below the threshold."""

    threshold: Rate


class Borrowing(Charge):
    """Share of what is owed. Source: OKX, MR8. underlying: the asset owed."""


class FundingProvision(Charge):
    """Funding perpetuals would pay in so many hours, at the present rate. Source: Paradex."""

    hours: NotNegative


class FeeProvision(Charge):
    """Fee for closing: `futures` of notional; of options the lower of `option` × price and option_share × mark."""

    futures: NotNegative
    option: NotNegative
    option_share: NotNegative


class VolatilityScale(Charge):
    """The core × clip((daily ÷ reference volatility) ^ power, least, most)."""

    power: Exponent
    least: NotNegative
    most: Positive


class LiquidityScale(Charge):
    """The core × clip((net delta ÷ (share × daily volume)) ^ power, 1, most): what takes longer to close moves more."""

    share: Positive
    power: Exponent
    most: Annotated[float, Field(ge=1, le=1e6, allow_inf_nan=False)]


class Procyclicality(Charge):
    """A tool against margins that rise when markets fall. Source: EMIR RTS 153/2013, article 28.

    buffer: size × margin. stressed weight: size × (margin at stressed volatility - margin). long floor: margin at the
    volatility of ten years. Margin is taken as proportional to volatility.
    """

    tool: Literal["buffer", "stressed weight", "long floor"]
    size: NotNegative
