"""Which kind of value each parameter takes, read off the typed records that check it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType, NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from .rules import Rules

NUMBER, CHOICE, NUMBERS, SHARES, ROWS, TEXT = "number", "choice", "numbers", "shares", "rows", "text"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value. sort: one of the six; options: of a choice; columns: of rows, by the name the file uses.

    `shares` is a table of numbers by name, laid over the base's entry by entry; the other sorts replace the value.
    """

    sort: str
    options: tuple[str, ...] = ()
    columns: Mapping[str, Kind] = field(default_factory=dict)


@cache
def kinds() -> Mapping[str, Kind]:
    """The kind of every parameter a rulebook can have, by dotted key."""
    found: dict[str, Kind] = {}
    for section, part in Rules.model_fields.items():
        record = next(one for one in (*get_args(part.annotation), part.annotation) if one is not NoneType)
        found |= {f"{section}.{name}": _kind(one.annotation) for name, one in record.model_fields.items()}
    return MappingProxyType(found)


def _kind(annotation: Any) -> Kind:
    if hasattr(annotation, "__metadata__"):
        return _kind(annotation.__origin__)
    origin, parts = get_origin(annotation), get_args(annotation)
    if NoneType in parts:
        return _kind(next(one for one in parts if one is not NoneType))
    if origin is Literal:
        return Kind(CHOICE, options=tuple(parts))
    if origin is dict:
        return Kind(SHARES)
    if origin is tuple:
        return _sequence(parts[0])
    return Kind(TEXT if annotation is str else NUMBER)


def _sequence(item: Any) -> Kind:
    if isinstance(item, type) and issubclass(item, BaseModel):
        return Kind(ROWS, columns=MappingProxyType({one.alias or name: _kind(one.annotation)
                                                    for name, one in item.model_fields.items()}))
    return Kind(NUMBERS)
