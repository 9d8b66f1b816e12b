"""What an account says of rules, taken apart and put together again; and how two rulebooks differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ABSENT
from . import load
from .rules import Rulebook


@dataclass(frozen=True, slots=True)
class Chosen:
    """A base rulebook's name and the values laid over it, by dotted key."""

    base: str
    changes: Mapping[str, Any]

    def having(self, key: str, value: Any) -> Chosen:
        """With `value` at `key`."""
        return Chosen(self.base, {**self.changes, key: value})

    def without(self, key: str) -> Chosen:
        """With the base's own value at `key`."""
        return Chosen(self.base, {name: value for name, value in self.changes.items() if name != key})

    @property
    def rules(self) -> Any:
        """As the account file writes it: the name alone where nothing is changed. Raises Refused."""
        base = load.load(self.base)
        load.override(base, self.changes)
        override: dict[str, dict[str, Any]] = {}
        for key, value in sorted(self.changes.items()):
            kept = _beyond(base.parameters[key].value, value)
            if kept is not ABSENT:
                section, name = key.split(".", 1)
                override.setdefault(section, {})[name] = kept
        return {"base": self.base, "override": override} if override else self.base


def chosen(rules: Any) -> Chosen:
    """The `rules` of an account taken apart. Raises Refused."""
    book = load.resolve(rules)
    if isinstance(rules, str):
        return Chosen(rules, {})
    override = rules.get("override", {})
    return Chosen(book.name, dict(load.leaves(override, load.load(book.name).parameters)))


def _beyond(base: Any, value: Any) -> Any:
    """What of `value` is not the base's already: of a table the entries that differ, ABSENT for nothing."""
    if isinstance(base, Mapping) and isinstance(value, Mapping):
        return {key: one for key, one in value.items() if key not in base or base[key] != one} or ABSENT
    return ABSENT if base == value else value


@dataclass(frozen=True, slots=True)
class Difference:
    """A parameter that differs; ABSENT on the side that does not have it."""

    key: str
    left: Any
    right: Any


def differences(left: Rulebook, right: Rulebook) -> tuple[Difference, ...]:
    """Every parameter whose value differs, in the order of `left`, then those only `right` has."""
    keys = [*left.parameters, *(key for key in right.parameters if key not in left.parameters)]
    pairs = [Difference(key, _value(left, key), _value(right, key)) for key in keys]
    return tuple(pair for pair in pairs if pair.left is ABSENT or pair.right is ABSENT or pair.left != pair.right)


def _value(book: Rulebook, key: str) -> Any:
    return book.parameters[key].value if key in book.parameters else ABSENT
