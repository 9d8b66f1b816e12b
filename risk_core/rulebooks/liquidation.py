"""How a liquidation runs: what is closed first, in which steps, until when, and what it costs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .records import NotNegative, Rate, Record

Sequence = Literal["all at once", "share of all", "first share", "step down tiers", "until safe", "auction"]
FeeBase = Literal["value closed", "maintenance of the closed part", "value at bankruptcy", "equity closed"]
StepShare = Annotated[float, Field(ge=0.01, le=1, allow_inf_nan=False)]
TargetRatio = Annotated[float, Field(ge=0.01, le=1, allow_inf_nan=False)]
Tiers = Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)]


class LiquidationRules(Record):
    """How a pool or isolated leg below its maintenance margin is closed.

    sequence: all at once; share of all (the smallest multiple of step_share, of every position); first share
    (step_share of a position, then its rest); step down tiers (step_tiers at a time); until safe (steps of step_share);
    auction. target_ratio: maintenance ÷ equity below which closing stops. whole_up_to: positions of this notional are
    not split. takeover_ratio: equity ÷ maintenance below which all is taken over and no equity given back. rate_buffer:
    added to every rate, and share by which losses count for more, while the liquidation runs. auction_buffer: share of
    maintenance beyond it that an auction restores. spread_to_maintenance, bankruptcy_adjustment: of the order's limit
    price.
    """

    sequence: Sequence
    step_share: StepShare
    step_tiers: Tiers
    target_ratio: TargetRatio
    whole_up_to: NotNegative
    takeover_ratio: Rate
    fee_rate: Rate
    fee_on: FeeBase
    rate_buffer: Rate
    auction_buffer: Rate
    spread_to_maintenance: NotNegative
    bankruptcy_adjustment: NotNegative

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.step_tiers != int(self.step_tiers):
            raise ValueError(f"step_tiers {self.step_tiers:g} must be a whole number of tiers")
        if self.fee_on == "equity closed" and self.sequence != "auction":
            raise ValueError("fee_on equity closed needs sequence auction, which sells a share of the account")
        return self
