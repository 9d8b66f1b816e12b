"""What is held, as frozen columns: instruments (I,), legs (P,), collateral (A,), orders (O,)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from ..arrays import Flags, Floats, Ints, exact_sums, frozen
from .fit import Key, Leg, Quote
from .instruments import FUTURE, KINDS, OPTION, PERPETUAL
from .market import Market


@dataclass(frozen=True, eq=False)
class _Columns:
    """Freezes the array columns of a dataclass and checks that they are aligned."""

    def __post_init__(self) -> None:
        columns = [(f.name, getattr(self, f.name)) for f in fields(self)]
        arrays = [(name, value) for name, value in columns if isinstance(value, np.ndarray)]
        lengths = {len(value) for _, value in arrays}
        if len(lengths) > 1:
            raise ValueError(f"columns of unequal length: {[(name, len(value)) for name, value in arrays]}")
        for name, value in arrays:
            object.__setattr__(self, name, frozen(value, value.dtype))


@dataclass(frozen=True, eq=False)
class Instruments(_Columns):
    """Distinct instruments of the enabled legs in canonical order, all (I,).

    underlying: index into Account.underlyings. mark: as quoted (dollars; coin for inverse options). forward, strike:
    dollars. volatility: implied, a year. years: to expiry. unit: dollars an option is worth per dollar of undiscounted
    Black-76 value (D, or D·S/F when inverse). Columns an instrument does not have are NaN.
    """

    keys: tuple[Key, ...]
    kind: Ints
    underlying: Ints
    inverse: Flags
    is_call: Flags
    strike: Floats
    years: Floats
    forward: Floats
    volatility: Floats
    mark: Floats
    unit: Floats

    @cached_property
    def is_option(self) -> Flags:
        return np.asarray(self.kind == OPTION)

    @cached_property
    def total_volatility(self) -> Floats:
        """V = σ√T, (I,); NaN where not an option."""
        return self.volatility * np.sqrt(self.years)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names in words, such as `BTC 2026-12-25 105,000 call, inverse`."""
        return tuple(label(key) for key in self.keys)


@dataclass(frozen=True, eq=False)
class Book(_Columns):
    """Enabled legs in the order of the file, all (P,).

    instrument: index into Instruments. quantity: signed (face dollars for inverse perpetuals and futures).
    entry, leverage, pledged (isolated_margin, dollars): NaN when not given. isolated: how the leg is held now.
    funding: accrued and not settled, dollars, + received, 0 when not given.
    """

    ids: tuple[str, ...]
    instrument: Ints
    quantity: Floats
    entry: Floats
    leverage: Floats
    pledged: Floats
    isolated: Flags
    funding: Floats


@dataclass(frozen=True, eq=False)
class Orders(_Columns):
    """Limit orders in the order of the file, all (O,) but instruments.

    instruments: of legs and orders together. instrument: index into them. quantity: signed, + buys (face dollars when
    inverse). price: limit, dollars. leverage: NaN when not given.
    """

    ids: tuple[str, ...]
    instruments: Instruments
    instrument: Ints
    quantity: Floats
    price: Floats
    leverage: Floats


@dataclass(frozen=True, eq=False)
class Collateral(_Columns):
    """Balances by asset in alphabetical order, all (A,).

    amount: units, balances of one asset added. price: dollars. underlying: index into Account.underlyings, or -1.
    """

    assets: tuple[str, ...]
    amount: Floats
    price: Floats
    underlying: Ints


def label(key: Key) -> str:
    """The instrument in words."""
    settlement = "" if key.settlement == "linear" else ", inverse"
    if key.kind == "perpetual":
        return f"{key.underlying} perpetual{settlement}"
    if key.kind == "future":
        return f"{key.underlying} future {key.expiry:%Y-%m-%d}{settlement}"
    return f"{key.underlying} {key.expiry:%Y-%m-%d} {key.strike:,.10g} {key.type}{settlement}"


def instrument_columns(quotes: Mapping[Key, Quote], names: Sequence[str], market: Market) -> Instruments:
    """Columns of the quoted instruments, in the canonical order of their keys."""
    keys = tuple(sorted(quotes))
    rows = [quotes[key] for key in keys]
    unit = []
    for key, quote in zip(keys, rows, strict=True):
        underlying = market.underlyings[key.underlying]
        discount = math.exp(-underlying.rate_of(key.expiry) * quote.years) if key.kind == "option" else math.nan
        unit.append(discount * (underlying.price / quote.forward if key.settlement == "inverse" else 1.0))
    is_option = [key.kind == "option" for key in keys]
    given = {name: np.array([getattr(quote, name) for quote in rows], dtype=np.float64)
             for name in ("years", "forward", "volatility", "mark")}
    return Instruments(
        keys,
        np.array([KINDS[key.kind].code for key in keys], dtype=np.int64),
        np.array([names.index(key.underlying) for key in keys], dtype=np.int64),
        np.array([key.settlement == "inverse" for key in keys], dtype=np.bool_),
        np.array([key.type == "call" for key in keys], dtype=np.bool_),
        np.where(is_option, [key.strike for key in keys], np.nan).astype(np.float64),
        unit=np.array(unit, dtype=np.float64),
        **given,
    )


def leg_columns(legs: Sequence[Leg], instruments: Instruments) -> Book:
    """Columns of the enabled legs, in the order of the file."""
    return Book(
        tuple(leg.row["id"] for leg in legs),
        _places(legs, instruments),
        _column(legs, "quantity"),
        _column(legs, "entry_price"),
        _column(legs, "leverage"),
        _column(legs, "isolated_margin"),
        np.array([leg.row.get("mode") == "isolated" for leg in legs], dtype=np.bool_),
        _column(legs, "unsettled_funding", 0.0),
    )


def order_columns(orders: Sequence[Leg], instruments: Instruments) -> Orders:
    """Columns of the orders, in the order of the file; `instruments` of legs and orders together."""
    quantity, price, leverage = (_column(orders, name) for name in ("quantity", "price", "leverage"))
    return Orders(tuple(one.row["id"] for one in orders), instruments, _places(orders, instruments), quantity, price,
                  leverage)


def _places(legs: Sequence[Leg], instruments: Instruments) -> Ints:
    """Index of each leg's instrument."""
    at = {key: i for i, key in enumerate(instruments.keys)}
    return np.array([at[leg.key] for leg in legs], dtype=np.int64)


def _column(legs: Sequence[Leg], name: str, absent: float = math.nan) -> Floats:
    return np.array([leg.row.get(name, absent) for leg in legs], dtype=np.float64)


def collateral_columns(rows: Sequence[Mapping[str, object]], names: Sequence[str], market: Market) -> Collateral:
    """Columns of the balances; balances of one asset are added."""
    assets = tuple(sorted({str(row["asset"]) for row in rows}))
    slots = [assets.index(str(row["asset"])) for row in rows]
    amount = exact_sums([float(str(row["amount"])) for row in rows], slots, len(assets))
    underlying = [names.index(asset) if asset in names and asset != "USD" else -1 for asset in assets]
    price = [market.asset_price(asset) or math.nan for asset in assets]
    return Collateral(assets, amount, np.array(price, dtype=np.float64), np.array(underlying, dtype=np.int64))


__all__ = ["FUTURE", "OPTION", "PERPETUAL", "Book", "Collateral", "Instruments", "Orders", "label"]
