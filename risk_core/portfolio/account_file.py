"""The account file (`*.margin.json`): the one door by which accounts come in, and the one way they go out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..arrays import Floats
from ..digest import digest
from ..errors import Problem, Refused
from ..rulebooks import load
from . import fit
from .book import (
    Book,
    Collateral,
    Instruments,
    Orders,
    collateral_columns,
    instrument_columns,
    leg_columns,
    order_columns,
)
from .checks import Findings, check_shape
from .fields import parse_instant
from .json_text import parse
from .market import Market, read_underlying
from .prices_given import check_assets, check_market_keys
from .volatility_given import check_volatilities

_PRICING = ("price", "rate", "forwards", "volatility")


@dataclass(frozen=True, eq=False)
class Account:
    """One account as read: the checked document, and its market, book, collateral and orders as columns.

    underlyings: names of everything the walk can move, (U,), alphabetical; index: their prices in dollars, (U,).
    """

    document: Mapping[str, Any]
    market: Market
    instruments: Instruments
    book: Book
    collateral: Collateral
    orders: Orders

    @property
    def name(self) -> str:
        return str(self.document.get("name", ""))

    @property
    def rules(self) -> Any:
        """What the file says of rules: a rulebook's name, or a base with overrides."""
        return self.document.get("rules", load.DEFAULT)

    @cached_property
    def underlyings(self) -> tuple[str, ...]:
        return tuple(sorted(self.market.underlyings))

    @cached_property
    def index(self) -> Floats:
        return np.array([self.market.underlyings[name].price for name in self.underlyings], dtype=np.float64)

    def direction(self, moved: Iterable[str]) -> Floats:
        """1 for each underlying in `moved`, else 0, (U,). Raises Refused for one the market lacks."""
        wanted = tuple(moved)
        lacking = [name for name in wanted if name not in self.market.underlyings]
        if lacking:
            raise Refused([Problem("moved", name, "is not in market.underlyings") for name in lacking])
        return np.array([1.0 if name in wanted else 0.0 for name in self.underlyings])

    @cached_property
    def digest(self) -> str:
        """Content hash of the document, `sha256:…`, independent of the order of keys and of spacing."""
        return digest(self.document)


def read(text: str) -> Account:
    """The account in `text`. Raises Refused with every problem, each with its path, value and rule."""
    return read_document(parse(text))


def read_document(document: Any) -> Account:
    """The account in a parsed account file. Raises Refused."""
    findings = Findings()
    check_shape(document, findings)
    if not isinstance(document, dict):
        raise Refused(findings.problems)
    _check_rules(document, findings)
    account = _fit(document, findings)
    if account is None or findings.problems:
        raise Refused(findings.problems)
    return account


def write(account: Account) -> str:
    """The account's file: two-space indents, keys in the order they were read. `read(write(a))` is `a`."""
    return json.dumps(account.document, indent=2, ensure_ascii=False) + "\n"


def _check_rules(document: Mapping[str, Any], findings: Findings) -> None:
    if "rules" in document:
        try:
            load.resolve(document["rules"])
        except Refused as refused:
            for problem in refused.problems:
                findings.add(problem.path, problem.value, problem.rule)


def _fit(document: Mapping[str, Any], findings: Findings) -> Account | None:
    """The account's columns, as far as its market and clock are sound; problems go to `findings`."""
    market = _market(document, findings)
    check_market_keys(document, findings)
    check_assets(document, findings)
    legs, orders = (fit.legs_of(document, findings, listed) for listed in ("positions", "orders"))
    groups = fit.grouped((*legs, *orders))
    given = fit.given_of(groups, findings)
    check_volatilities(document, findings)
    if market is None:
        return None
    live = {key: same for key, same in groups.items() if all(findings.clean(f"{leg.path}.expiry") for leg in same)}
    quotes = fit.quotes_of(live, given, market.underlyings, market.as_of, findings)
    if findings.problems:
        return None
    names = sorted(market.underlyings)
    held = instrument_columns({leg.key: quotes[leg.key] for leg in legs}, names, market)
    every = instrument_columns(quotes, names, market) if orders else held
    collateral = collateral_columns(document["collateral"], names, market)
    return Account(document, market, held, leg_columns(legs, held), collateral, order_columns(orders, every))


def _market(document: Mapping[str, Any], findings: Findings) -> Market | None:
    """The sound part of the market block; None when clock or underlyings are missing."""
    as_of, block = parse_instant(document.get("as_of")), document.get("market")
    if as_of is None or not isinstance(block, dict) or not isinstance(block.get("underlyings"), dict):
        return None
    underlyings = {
        name: read_underlying(name, row, as_of)
        for name, row in block["underlyings"].items()
        if isinstance(row, dict) and findings.clean(*(f"market.underlyings.{name}.{key}" for key in _PRICING))
    }
    return Market(as_of, underlyings, block.get("assets", {}), block.get("correlation", {}))
