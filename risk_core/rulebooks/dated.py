"""Tier tables of earlier days, where a rulebook ships some: `tiers.as_of` says of which day.

The file `NAME.tiers.json` beside a rulebook holds each underlying's table by the day it was first seen: floor, highest
leverage, maintenance rate and deduction. The tables of the rulebook itself are the latest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from ..errors import Problem, Refused
from .rules import Parameter

KEY, TABLES = "tiers.as_of", "tiers.own_steps"


@cache
def days(name: str) -> tuple[str, ...]:
    """Days (ISO) of which the rulebook `name` ships earlier tables, oldest first; () where it ships none."""
    return tuple(_file(name)["days"]) if _there(name) else ()


def apply(name: str, own: Mapping[str, Parameter], parameters: Mapping[str, Parameter], *,
          keep: bool) -> dict[str, Parameter]:
    """The parameters with the tables of the day they ask for; keep: the tables are the user's own and stay.

    own: the parameters as shipped, whose tables are the latest. Raises Refused for a day of which there are no tables.
    """
    asked, latest = parameters[KEY].value, own[KEY].value
    if asked == latest:
        return {**parameters} if keep else {**parameters, TABLES: own[TABLES]}
    if asked not in days(name):
        there = ", ".join((*days(name), latest)) if latest else "none: this rulebook ships one table only"
        rule = f"is not a day of which there are tables; there are {there}"
        raise Refused([Problem(f"rules.override.{KEY}", asked, rule)])
    if keep:
        return dict(parameters)
    stated = {"value": rows(name, asked), "source": _file(name)["source"], "date": date.fromisoformat(asked)}
    old = parameters[TABLES]
    return {**parameters, TABLES: Parameter.model_validate({**old.model_dump(), **stated})}


def rows(name: str, day: str) -> list[dict[str, Any]]:
    """Every underlying's table on a day, as `tiers.own_steps` writes them: of each the latest seen until then."""
    seen = {one["underlying"]: one["tiers"] for one in _file(name)["tables"] if one["as_of"] <= day}
    return [{"underlying": underlying, "from": start, "initial": 1.0 / leverage, "maintenance": rate,
             "maintenance_deduction": deduction}
            for underlying, table in seen.items() for start, leverage, rate, deduction in table]


def _there(name: str) -> bool:
    return (files(__package__) / f"{name}.tiers.json").is_file()


@cache
def _file(name: str) -> dict[str, Any]:
    return dict(json.loads((files(__package__) / f"{name}.tiers.json").read_text("utf-8")))
