"""Rows of the tables of portfolio margin: scenarios, volatility, collateral, coins, figures by underlying."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .records import Move, NotNegative, Rate, Record

Volatility = Literal["up", "same", "down", "skew", "wings"]
Name = Annotated[str, Field(min_length=1)]
OTHER = "other"
"""Name under which a table by underlying holds what is neither named nor common."""


class ExtendedRow(Record):
    """A row beside the grid: relative price move, volatility state, weight on its profit and loss, days that pass."""

    move: Move
    volatility: Volatility
    weight: Rate
    days: NotNegative = 0.0


class VolatilityStep(Record):
    """Volatility moves of an expiry of `days`: relative ones, and ones in volatility itself (0.3 is 30 points)."""

    days: NotNegative
    up: NotNegative = 0.0
    down: NotNegative = 0.0
    points_up: NotNegative = 0.0
    points_down: NotNegative = 0.0


class Cancelling(Record):
    """Collateral that moves with an underlying inside the rows. charged_on: what its own charges are a share of."""

    asset: Name
    underlying: Name
    charged_on: Literal["price", "index"] = "price"


class Peg(Record):
    """A dollar coin: the initial factor grows by `factor` for every dollar its price lies below `threshold`."""

    asset: Name
    threshold: NotNegative
    factor: NotNegative


class OwnMove(Record):
    """One price move of an underlying whose grid is its own."""

    underlying: Name
    move: Move


class OwnRow(ExtendedRow):
    """One extended row of an underlying whose extended rows are its own."""

    underlying: Name


class OwnRates(Record):
    """Figures of one underlying, each in place of the common one of the same name. basis_move: up and down."""

    underlying: Name
    volatility_up: NotNegative | None = None
    volatility_down: NotNegative | None = None
    least_volatility_up: NotNegative | None = None
    initial_factor: NotNegative | None = None
    maintenance_factor: NotNegative | None = None
    basis_move: NotNegative | None = None
    perpetual_initial: NotNegative | None = None
    perpetual_maintenance: NotNegative | None = None
    naked_initial: NotNegative | None = None
    naked_maintenance: NotNegative | None = None
