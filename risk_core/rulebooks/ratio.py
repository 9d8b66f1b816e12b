"""Ratio methods, as data: portfolio margin that is a ratio over cross margin, with its thresholds."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from .records import NotNegative, Positive, Rate, Record

EQUITY, LENDING = "equity ÷ maintenance", "requirement ÷ liquidation value"


class RatioRules(Record):
    """A ratio of the whole account and the values at which it warns, restricts and liquidates.

    form: equity ÷ maintenance (falls towards danger), or requirement ÷ liquidation value (rises towards danger).
    loan_rate: maintenance of what is owed, share of its value. fixed: dollars required wherever something is held or
    owed, of a lending ratio. loan_to_value:
    assets that back a loan, each counted at ½ + ½ × this. supply_caps: units of an asset that count at most.
    borrow_caps: dollars an asset backs at most.
    """

    form: Literal["equity ÷ maintenance", "requirement ÷ liquidation value"]
    warning: Positive
    restricted: Positive
    liquidation: Positive
    loan_rate: Rate
    fixed: NotNegative
    loan_to_value: dict[str, Rate]
    supply_caps: dict[str, NotNegative]
    borrow_caps: dict[str, NotNegative]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        steps = [self.warning, self.restricted, self.liquidation]
        wanted = sorted(steps, reverse=not self.rises)
        if steps != wanted:
            raise ValueError(f"thresholds must {'rise' if self.rises else 'fall'} from warning to liquidation")
        return self

    @property
    def rises(self) -> bool:
        """Whether danger grows with the ratio."""
        return self.form == LENDING

    def threshold(self, asset: str) -> float:
        """Share of an asset's value that counts against a loan."""
        return 0.5 + 0.5 * self.loan_to_value[asset]
