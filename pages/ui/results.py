"""The results of an account as plain tables, for the files an analyst takes home. Amounts in USD, nothing rounded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from risk_core.margin.compare import Comparison, ModeResult
from risk_core.margin.pools import named
from risk_core.output import comparison

Cell = str | float | bool | None

HEAD = ("equity", "initial_margin", "maintenance_margin", "maintenance_used", "buffer", "available")
LEG = ("notional", "unrealised_pnl", "initial_margin", "maintenance_margin", "liquidation_price", "bankruptcy_price")
SHARE = ("standalone", "marginal")


@dataclass(frozen=True)
class Table:
    """One table: its name, its columns, and the rows below them."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def origin(found: Comparison) -> dict[str, str]:
    """What the results were made from."""
    document = found.account.document
    return {"account": found.account.name, "account_hash": found.account.digest, "as_of": str(document["as_of"]),
            "rules": found.rulebook.name, "rules_hash": found.rulebook.digest}


def modes(found: Comparison) -> Table:
    """One row for each mode. A liquidation price left empty: there is none. Raises Unsettled."""
    told = _told(found)
    names = sorted({name for mode in told.values() for name in mode["liquidation"]})
    sides = [(name, side) for name in names for side in ("below", "above")]
    header = (*origin(found), "mode", *HEAD, *(f"liquidation {side} {name}" for name, side in sides),
              "liquidated", "worst")
    rows = []
    for key, mode in told.items():
        levels = (mode["liquidation"].get(name, {}).get(side) for name, side in sides)
        result = found.modes[key]
        rows.append((*origin(found).values(), result.title, *(mode[name] for name in HEAD), *levels,
                     ", ".join(named(who) for who in result.buckets_liquidated), result.worst))
    return Table("Results", header, tuple(rows))


def _told(found: Comparison) -> Mapping[str, Any]:
    """The modes the rulebook defines, as the command line tells them."""
    told = comparison(found, "")["modes"]
    return {name: told[name] for name in found.modes}


def legs(found: Comparison) -> Table:
    """One row for each mode and leg; margins are empty where legs are charged together. Raises Unsettled."""
    told = _told(found)
    rows = tuple(row for key, mode in told.items() for row in _legs(found.modes[key], mode))
    return Table("Legs", ("mode", "leg", "instrument", *LEG, *SHARE), rows)


def _legs(result: ModeResult, told: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    shares = {share["id"]: share for share in told["shares"]}
    for leg, row in zip(result.positions, told["positions"], strict=True):
        share = shares.get(leg.id, {})
        yield (result.title, leg.id, leg.label, *(row[name] for name in LEG), *(share.get(name) for name in SHARE))


def market(document: Mapping[str, Any]) -> Table:
    """The market block, one quantity a row, in the units of the account file."""
    block, rows = document["market"], []
    for name, given in block["underlyings"].items():
        points = given.get("volatility")
        rows += [("underlying", name, key, None, None, value) for key, value in given.items()
                 if not isinstance(value, list)]
        rows += [("forward", name, "price", row["expiry"], None, row["price"]) for row in given.get("forwards", ())]
        rows += [("surface", name, "iv", row["expiry"], row["strike"], row["iv"])
                 for row in (points if isinstance(points, list) else ())]
    rows += [("asset", name, "price", None, None, price) for name, price in block.get("assets", {}).items()]
    rows += [("correlation", pair, "value", None, None, value) for pair, value in block.get("correlation", {}).items()]
    return Table("Market", ("what", "name", "quantity", "expiry", "strike", "value"), tuple(rows))


def rules(found: Comparison) -> Table:
    """Every parameter of the rulebook with unit, meaning, source and date."""
    book = found.rulebook
    rows = tuple((key, _plain(one.value), one.unit, one.meaning, one.source, one.date.isoformat(),
                  "changed in this account" if key in book.overridden else "")
                 for key, one in sorted(book.parameters.items()))
    return Table("Rulebook", ("parameter", "value", "unit", "meaning", "source", "date", "note"), rows)


def _plain(value: Any) -> Cell:
    return value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)


__all__ = ["Table", "legs", "market", "modes", "origin", "rules"]
