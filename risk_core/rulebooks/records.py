"""What every typed record of a rulebook is made of: frozen, strict, and numbers with their bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=1e-6, le=1e6, allow_inf_nan=False)]
Power = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, le=1e18, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=1e18, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=1, le=1e6, allow_inf_nan=False)]
Move = Annotated[float, Field(gt=-1, le=10, allow_inf_nan=False)]


class Record(BaseModel):
    """A part of a rulebook: nothing it does not know, nothing of the wrong type, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)
