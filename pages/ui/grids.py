"""The grids of the portfolio page: which columns each has, in which unit, and what each column means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from risk_core.portfolio import fields as f
from risk_core.portfolio.instruments import KINDS, ORDERED

Sort = Literal["text", "number", "choice", "flag", "time"]

TIME_FORMS = "Write 2026-12-25 08:00, 2026-12-25 or 25DEC26; times are UTC, 08:00 when only a day is given."


@dataclass(frozen=True)
class Column:
    """One column of a grid. key: in the account file. shift: decimal places between file and screen (2 for percent).

    default: what an absent key means. starts: a new row begins with a value here. width: pixels. added: files of
    earlier releases lack it.
    """

    key: str
    label: str
    sort: Sort
    help: str
    shift: int = 0
    default: Any = None
    starts: bool = False
    options: tuple[str, ...] = ()
    pinned: bool = False
    width: int = 95
    added: bool = False


@dataclass(frozen=True)
class Grid:
    """One grid. noun: what a row is. columns: in the order shown."""

    name: str
    title: str
    noun: str
    columns: tuple[Column, ...] = field(repr=False)

    def column(self, key: str) -> Column | None:
        """The column of a key of the account file, None when the grid does not show it."""
        return next((column for column in self.columns if column.key == key), None)


def _meanings(*tables: Iterable[f.Field]) -> dict[str, str]:
    return {one.name: one.meaning for table in tables for one in table}


_LEG = _meanings(*(kind.own_fields for kind in KINDS.values()), f.POSITION)
_ORDER = _meanings(f.ORDER)
_UNDERLYING, _BALANCE = _meanings(f.UNDERLYING), _meanings(f.BALANCE)
_FORWARD, _POINT = _meanings(f.FORWARD), _meanings(f.VOLATILITY_POINT)

ACCOUNT = Grid("account", "Account", "account", (
    Column("as_of", "As of, UTC", "time",
           "The moment the market block speaks of; time to expiry and funding count from it. " + TIME_FORMS),
))

POSITIONS = Grid("positions", "Positions", "leg", (
    Column("id", "Leg", "text", _LEG["id"] + " Left empty, it takes the name of its instrument.",
           pinned=True, width=160),
    Column("enabled", "On", "flag", "Off keeps the leg in the account and out of every figure.",
           default=True, starts=True, width=62),
    Column("underlying", "Underlying", "choice", "One of the underlyings on the Market tab.", starts=True, width=112),
    Column("kind", "Kind", "choice", _LEG["kind"], options=tuple(KINDS), starts=True, width=98),
    Column("settlement", "Settled", "choice", _LEG["settlement"], options=("linear", "inverse"), starts=True, width=90),
    Column("quantity", "Quantity", "number", _LEG["quantity"] + " Minus is short.", width=100),
    Column("entry_price", "Entry price", "number",
           "Price at which the leg was opened, in dollars; premium in coin on an inverse option, where it only serves "
           "the display of profit.", width=112),
    Column("type", "Call / put", "choice", "Right of the option; options only.", options=("call", "put"), width=102),
    Column("strike", "Strike", "number", "Strike in dollars; options only.", width=88),
    Column("expiry", "Expiry, UTC", "time", "Futures and options. " + TIME_FORMS, width=135),
    Column("leverage", "Leverage, ×", "number", _LEG["leverage"] + " Not on options.", width=118),
    Column("mode", "Held in", "choice", "How the leg is held now: in the pool (cross) or by itself (isolated).",
           options=("cross", "isolated"), default="cross", width=92),
    Column("isolated_margin", "Isolated margin, USD", "number",
           _LEG["isolated_margin"] + " Empty: entry notional ÷ leverage, else what the rules ask now.", width=172),
    Column("mark_price", "Mark price", "number",
           "Wins over the market's. Legs of one instrument share one mark. Empty: from the Market tab.", width=112),
    Column("iv", "Implied vol, points", "number",
           "Volatility of this option in points a year (61 is 0.61); wins over the market's. Options only.",
           shift=2, width=155),
    Column("unsettled_funding", "Unsettled funding, USD", "number",
           _LEG["unsettled_funding"] + " Futures and perpetuals only.", width=180, added=True),
))

ORDERS = Grid("orders", "Open orders", "order", (
    Column("id", "Order", "text", _ORDER["id"] + " Left empty, it takes the name of its instrument.", pinned=True,
           width=160),
    Column("underlying", "Underlying", "choice", "One of the underlyings on the Market tab.", starts=True, width=112),
    Column("kind", "Kind", "choice", _ORDER["kind"], options=tuple(ORDERED), starts=True, width=98),
    Column("settlement", "Settled", "choice", _ORDER["settlement"], options=("linear", "inverse"), starts=True,
           width=90),
    Column("quantity", "Quantity", "number", _ORDER["quantity"] + " Minus sells.", width=100),
    Column("price", "Limit price", "number", _ORDER["price"], width=112),
    Column("expiry", "Expiry, UTC", "time", "Futures only. " + TIME_FORMS, width=135),
    Column("leverage", "Leverage, ×", "number", _ORDER["leverage"] + " Empty: that of the position.", width=118),
))

COLLATERAL = Grid("collateral", "Collateral", "balance", (
    Column("asset", "Asset", "text", "USD, an underlying, or an asset that has a price on the Market tab.", width=120),
    Column("amount", "Amount", "number", _BALANCE["amount"], width=140),
))

UNDERLYINGS = Grid("underlyings", "Underlyings", "underlying", (
    Column("name", "Underlying", "text", "Ticker of the coin, such as BTC.", pinned=True, width=100),
    Column("price", "Index price, USD", "number", _UNDERLYING["price"], width=130),
    Column("volatility", "Flat implied vol, points", "number",
           "One volatility for every strike and expiry, in points a year. Empty where a surface is given below.",
           shift=2, width=165),
    Column("daily_volatility", "Daily volatility, %", "number", _UNDERLYING["daily_volatility"] + " Shown in percent.",
           shift=2, width=155),
    Column("funding_8h", "Funding, % per 8 h", "number",
           "What a perpetual's long pays each 8 hours, percent of notional.", shift=2, width=135),
    Column("rate", "Rate, % a year", "number",
           "Continuous carry a year in percent: forward = index × e^(rate × T) where no forward is given.",
           shift=2, width=110),
    *(Column(key, title, "number", _UNDERLYING[key] + (" Shown in percent." if places else ""), shift=places, width=150)
      for key, title, places in (
          ("daily_volume", "Daily volume, USD", 0), ("spread", "Spread, %", 2), ("depth", "Depth, USD", 0),
          ("open_interest", "Open interest, USD", 0), ("reference_volatility", "Reference vol, % a day", 2),
          ("stressed_volatility", "Stressed vol, % a day", 2), ("long_volatility", "10-year vol, % a day", 2),
          ("confidence", "Feed confidence, %", 2), ("perpetual_confidence", "Perpetual feed confidence, %", 2))),
))

FORWARDS = Grid("forwards", "Forwards", "forward", (
    Column("expiry", "Expiry, UTC", "time", _FORWARD["expiry"] + " " + TIME_FORMS, width=150),
    Column("price", "Forward, USD", "number", _FORWARD["price"], width=120),
    *(Column(key, title, "number", _FORWARD[key] + " Shown in percent.", shift=2, width=130)
      for key, title in (("rate", "Rate, % a year"), ("fixed_share", "Fixed already, %"),
                         ("confidence", "Feed confidence, %"))),
))

SURFACE = Grid("surface", "Volatility surface", "point", (
    Column("expiry", "Expiry, UTC", "time", _POINT["expiry"] + " " + TIME_FORMS, width=130),
    Column("strike", "Strike, USD", "number", _POINT["strike"], width=92),
    Column("iv", "Implied vol, points", "number", "Implied volatility in points a year (61 is 0.61).",
           shift=2, width=125),
))

ASSETS = Grid("assets", "Prices of other assets", "asset", (
    Column("asset", "Asset", "text", "A collateral asset that is not an underlying; USD is 1 by itself.", width=120),
    Column("price", "Price, USD", "number", "Dollars for one unit of the asset.", width=120),
))

CORRELATION = Grid("correlation", "Correlation", "pair", (
    Column("pair", "Pair", "text", "Two underlyings with a stroke between them, such as BTC/ETH.", width=120),
    Column("value", "Correlation", "number", "Correlation of daily returns, between −1 and 1.", width=120),
))

GRIDS = {
    grid.name: grid
    for grid in (ACCOUNT, POSITIONS, ORDERS, COLLATERAL, UNDERLYINGS, FORWARDS, SURFACE, ASSETS, CORRELATION)
}


def grid_of(sheet: str) -> Grid:
    """The grid of a sheet: `positions`, or `forwards BTC` for the forwards of one underlying."""
    return GRIDS[sheet.partition(" ")[0]]
