"""JSON Schema of the account file, made from the tables of fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import fields as f
from .instruments import KINDS, ORDERED


def _object(table: Iterable[f.Field], **more: Any) -> dict[str, Any]:
    table = tuple(table)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in table if field.required],
        "properties": {field.name: {**field.schema, "description": field.meaning} for field in table} | more,
    }


def account_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the account file. Rules between fields are checked by `account_file.read` only."""
    points = {"type": "array", "items": _object(f.VOLATILITY_POINT)}
    underlying = _object(
        f.UNDERLYING,
        forwards={"type": "array", "items": _object(f.FORWARD), "description": "Forward prices by expiry."},
        volatility={"anyOf": [f.POSITIVE, points], "description": "A flat volatility a year, or a surface of points."},
    )
    market = {
        "type": "object",
        "additionalProperties": False,
        "required": ["underlyings"],
        "properties": {
            "underlyings": {"type": "object", "propertyNames": f.NAME, "additionalProperties": underlying},
            "assets": {"type": "object", "propertyNames": f.NAME, "additionalProperties": f.POSITIVE,
                       "description": "Dollar prices of collateral assets that are no underlying."},
            "correlation": {"type": "object", "additionalProperties": {"type": "number", "minimum": -1, "maximum": 1},
                            "description": "Correlation of daily returns by pair, such as BTC/ETH."},
            "confidence": {"type": "object", "additionalProperties": f.SHARE,
                           "description": "How sure the prices of collateral assets are, 1 in full."},
        },
    }
    positions = _by_kind({name: kind.fields for name, kind in KINDS.items()})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Marginscope account file",
        "type": "object",
        "additionalProperties": False,
        "required": ["format", "as_of", "market", "collateral", "positions"],
        "properties": {
            "format": {"const": f.FORMAT},
            "name": f.TEXT,
            "as_of": f.INSTANT,
            "rules": {"anyOf": [f.TEXT, _rules()], "default": "generic"},
            "market": market,
            "collateral": {"type": "array", "items": _object(f.BALANCE)},
            "positions": {"type": "array", "items": {"oneOf": positions}},
            "orders": {"type": "array", "items": {"oneOf": _by_kind(ORDERED)},
                       "description": "Limit orders that rest in the pool and are not filled."},
        },
    }


def _by_kind(tables: Mapping[str, Iterable[f.Field]]) -> list[dict[str, Any]]:
    """One schema for each kind of instrument."""
    schemas = [_object(table) for table in tables.values()]
    for kind, schema in zip(tables, schemas, strict=True):
        schema["properties"]["kind"] = {"const": kind}
    return schemas


def _rules() -> dict[str, Any]:
    properties = {"base": f.TEXT, "override": {"type": "object"}}
    return {"type": "object", "additionalProperties": False, "required": ["base"], "properties": properties}
