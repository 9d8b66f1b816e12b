"""Results as JSON values, the form of `python -m risk_core evaluate --json`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .errors import Unsettled
from .liquidation.thresholds import Liquidation
from .margin.compare import Comparison, ModeResult
from .margin.figures import Figures
from .margin.models import MODES
from .margin.positions import PositionFigures
from .margin.wallets import WalletFigures
from .rulebooks.rules import Rulebook


def comparison(result: Comparison, file: str) -> dict[str, Any]:
    """The whole result of one file."""
    return {
        "file": file,
        "hash": result.account.digest,
        "rules": {"name": result.rulebook.name, "hash": result.rulebook.digest},
        "modes": {name: _mode(result.modes[name]) if name in result.modes else {"unavailable": result.unavailable[name]}
                  for name in MODES if name in result.modes or name in result.unavailable},
    }


def _mode(mode: ModeResult) -> dict[str, Any]:
    out: dict[str, Any] = {**figures(mode.head), "maintenance_used": _number(mode.head.maintenance_used)}
    if mode.pool:
        out["pool"] = figures(mode.pool)
    if mode.wallets:
        out["pools"] = [_wallet(wallet) for wallet in mode.wallets]
    if mode.orders is not None:
        out["orders"] = {"initial_margin": _number(mode.orders)}
    out["positions"] = [_position(position) for position in mode.positions]
    out["liquidation"] = {name: liquidation(level) for name, level in mode.liquidation.items()}
    components = [{"name": part.name, "amount": _number(part.amount)} for part in mode.components]
    out["worst"] = {"what": mode.worst, "components": components}
    out["shares"] = [{"id": share.id, "standalone": _number(share.standalone), "marginal": _number(share.marginal),
                      "euler": _number(share.euler)} for share in mode.shares]
    if mode.unshared:
        out["unshared"] = _number(mode.unshared)
    return out


def _wallet(wallet: WalletFigures) -> dict[str, Any]:
    return {
        "name": wallet.name,
        "coin": wallet.coin,
        **figures(wallet.figures),
        "maintenance_used": _number(wallet.figures.maintenance_used),
        "positions": list(wallet.positions),
        "liquidation": {name: {**liquidation(level), "bankruptcy_price": _number(wallet.bankruptcy[name])}
                        for name, level in wallet.liquidation.items()},
    }


def figures(head: Figures) -> dict[str, Any]:
    """Equity and requirement, dollars."""
    names = ("equity", "initial_margin", "maintenance_margin", "buffer", "available")
    return {name: _number(getattr(head, name)) for name in names}


def _position(position: PositionFigures) -> dict[str, Any]:
    names = ("notional", "unrealised_pnl", "initial_margin", "maintenance_margin", "liquidation_price",
             "bankruptcy_price")
    out: dict[str, Any] = {"id": position.id, **{name: _number(getattr(position, name)) for name in names}}
    if position.pledged is not None:
        out |= {name: _number(getattr(position, name)) for name in ("pledged", "equity", "buffer")}
    return out


def liquidation(level: Liquidation) -> dict[str, Any]:
    """Levels along one underlying, index prices in dollars; None for none, and for an open end of a region."""
    regions = [[_number(low), _number(high)] for low, high in level.regions]
    return {"below": _number(level.below), "above": _number(level.above), "regions": regions}


def _number(value: float | None) -> float | None:
    """A finite float without negative zero; None stays None. A number that is not finite is never shown: Unsettled."""
    if value is None:
        return None
    if not math.isfinite(value):
        raise Unsettled(f"a figure came out as {value}")
    return float(value) + 0.0


def rulebook(book: Rulebook) -> dict[str, Any]:
    """A rulebook with each parameter, its source and date."""
    parameters = {key: parameter.model_dump(mode="json") for key, parameter in sorted(book.parameters.items())}
    return {"name": book.name, "title": book.title, "hash": book.digest, "limits": list(book.limits),
            "parameters": parameters}


def table(rows: Iterable[Iterable[str]]) -> str:
    """Rows of text as aligned columns; the first column to the left, the others to the right."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ("  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
             for row in cells)
    return "\n".join(line.rstrip() for line in lines)
