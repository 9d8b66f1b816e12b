"""Strategy-based margin, as data: rates of naked options, their floors, and of the underlying."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from .records import NotNegative, Positive, Rate, Record


class StrategyRules(Record):
    """Margin by strategies in the manner of Reg-T and the Cboe margin manual.

    option_rate: of a naked short option, share of the index price; option_rates: by underlying where another one holds.
    call_floor: share of the index price. put_floor: share of the strike. leverage: factor of all three of a leveraged
    product. underlying_*: shares of the notional of futures and perpetuals.
    """

    option_rate: NotNegative
    option_rates: dict[str, NotNegative]
    call_floor: NotNegative
    put_floor: NotNegative
    leverage: dict[str, Positive]
    underlying_initial: Rate
    underlying_long: Rate
    underlying_short: Rate

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.underlying_initial < max(self.underlying_long, self.underlying_short):
            raise ValueError("underlying_initial must not be below underlying_long and underlying_short")
        return self
