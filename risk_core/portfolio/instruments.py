"""The kinds of instrument: which fields each takes and which it refuses. A further kind is a further entry."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import EXPIRY, FUNDING, FUTURE_PRICES, LEVERAGE, OPTION_ONLY, OPTION_PRICES, ORDER, POSITION, Field


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of instrument: its code in columns, the fields of its legs, the keys refused on it."""

    name: str
    code: int
    own_fields: tuple[Field, ...]

    @property
    def one(self) -> str:
        """The kind with its article."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"

    @property
    def fields(self) -> tuple[Field, ...]:
        return POSITION + self.own_fields

    @property
    def refused(self) -> frozenset[str]:
        """Keys of other kinds, which have no place on this one."""
        return frozenset(f.name for k in KINDS.values() for f in k.own_fields) - {f.name for f in self.own_fields}


PERPETUAL, FUTURE, OPTION = 0, 1, 2

KINDS = {
    kind.name: kind
    for kind in (
        Kind("perpetual", PERPETUAL, (LEVERAGE, *FUTURE_PRICES, FUNDING)),
        Kind("future", FUTURE, (LEVERAGE, EXPIRY, *FUTURE_PRICES, FUNDING)),
        Kind("option", OPTION, (*OPTION_ONLY, EXPIRY, *OPTION_PRICES)),
    )
}

ORDERED = {"perpetual": ORDER, "future": (*ORDER, EXPIRY)}
"""Fields of an order by the kind it is for; there are no orders for options."""
