"""JSON text to values, noticing what the standard reader lets through: repeated keys, nesting without end."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from ..errors import Problem, Refused

DEEPEST = 64


class Members(dict[str, Any]):
    """A JSON object that remembers the keys given more than once."""

    repeated: tuple[str, ...] = ()


def parse(text: str) -> Any:
    """The JSON value in `text`. Raises Refused at `$` when it is not JSON."""
    try:
        value = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused([Problem("$", text[:40], f"must be JSON text ({reason})")]) from None
    if _deeper(value, DEEPEST):
        raise Refused([Problem("$", text[:40], f"must not be nested more than {DEEPEST} deep")])
    return value


def _deeper(value: Any, levels: int) -> bool:
    """True when objects and lists stand in one another more than `levels` deep."""
    row = [value]
    for _ in range(levels + 1):
        row = [inner for outer in row if isinstance(outer, dict | list)
               for inner in (outer.values() if isinstance(outer, dict) else outer)]
        if not row:
            return False
    return True


def _members(pairs: list[tuple[str, Any]]) -> Members:
    members = Members(pairs)
    if len(members) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        members.repeated = tuple(sorted(key for key, count in counts.items() if count > 1))
    return members
