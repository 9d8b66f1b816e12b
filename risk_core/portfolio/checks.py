"""Shape of the account file: every object against its table of fields. All problems are collected, none hides another.

What a leg needs from the market and the clock is checked in `fit.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..errors import ABSENT, Problem
from . import fields as f
from .instruments import KINDS, ORDERED
from .json_text import Members

TOP = ("format", "name", "as_of", "rules", "market", "collateral", "positions", "orders")
MARKET = ("underlyings", "assets", "correlation", "confidence")


@dataclass
class Findings:
    """Problems found so far, by path."""

    problems: list[Problem] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    unclean: set[str] = field(default_factory=set)

    def add(self, path: str, value: Any, rule: str) -> None:
        """Note that `value` at `path` breaks `rule`; one problem a path is enough."""
        if path not in self.paths:
            self.paths.add(path)
            self.problems.append(Problem(path, value, rule))
            while path and path not in self.unclean:  # what holds an unclean part is unclean already
                self.unclean.add(path)
                path = path[:max(path.rfind("."), path.rfind("["), 0)]

    def clean(self, *paths: str) -> bool:
        """True when none of `paths`, nor anything below them, has a problem."""
        return self.unclean.isdisjoint(paths)


def check_shape(document: Any, findings: Findings) -> None:
    """Check everything in the file that can be judged field by field."""
    if not isinstance(document, dict):
        findings.add("$", document, "must be one JSON object")
        return
    _keys_and_text(document, findings)
    _known_keys(document, TOP, "", findings)
    _required(document, ("format", "as_of", "market", "collateral", "positions"), "", findings)
    for key, rule in (("format", f.choice(f.FORMAT)), ("name", f.text), ("as_of", f.instant)):
        _value(document, key, rule, "", findings)
    if "market" in document:
        _market(document["market"], findings)
    _each(document, "collateral", "", findings, lambda row, path: _object(row, f.BALANCE, path, findings))
    _each(document, "positions", "", findings, lambda row, path: _position(row, path, findings))
    _each(document, "orders", "", findings, lambda row, path: _order(row, path, findings))
    for key, one in (("positions", "position"), ("orders", "order")):
        _unique_ids(document, key, one, findings)


def _market(market: Any, findings: Findings) -> None:
    if not _is_object(market, "market", findings):
        return
    _known_keys(market, MARKET, "market", findings)
    _required(market, ("underlyings",), "market", findings)
    underlyings = market.get("underlyings", {})
    if _is_object(underlyings, "market.underlyings", findings):
        _names(underlyings, "market.underlyings", findings)
        for name, block in underlyings.items():
            _underlying(block, f"market.underlyings.{name}", findings)
    if isinstance(market.get("assets"), dict):
        _names(market["assets"], "market.assets", findings)
    for key, rule in (("assets", f.positive), ("correlation", f.correlation), ("confidence", f.share)):
        values = market.get(key, {})
        if _is_object(values, f"market.{key}", findings):
            for name in values:
                _value(values, name, rule, f"market.{key}", findings)


def _names(members: dict[str, Any], path: str, findings: Findings) -> None:
    """Names that the file chooses itself, as keys."""
    for name in members:
        if broken := f.name(name):
            findings.add(_join(path, name), name, f"the name {broken}")


def _underlying(block: Any, path: str, findings: Findings) -> None:
    _object(block, f.UNDERLYING, path, findings, also=("forwards", "volatility"))
    if not isinstance(block, dict):
        return
    _each(block, "forwards", path, findings, lambda row, at: _object(row, f.FORWARD, at, findings))
    if isinstance(block.get("volatility"), list):
        _each(block, "volatility", path, findings, lambda row, at: _object(row, f.VOLATILITY_POINT, at, findings))
    elif "volatility" in block:
        rule = f.positive(block["volatility"])
        if rule:
            findings.add(f"{path}.volatility", block["volatility"], f"{rule}, or a list of points")


def _position(row: Any, path: str, findings: Findings) -> None:
    kind = KINDS.get(row["kind"]) if isinstance(row, dict) and isinstance(row.get("kind"), str) else None
    if kind:
        for key in sorted(kind.refused & row.keys()):
            findings.add(f"{path}.{key}", row[key], f"has no place on {kind.one}")
        _object(row, kind.fields, path, findings, also=kind.refused)
    else:
        every_kind = {field.name for k in KINDS.values() for field in k.own_fields}
        _object(row, f.POSITION, path, findings, also=every_kind)


def _order(row: Any, path: str, findings: Findings) -> None:
    kind = row.get("kind") if isinstance(row, dict) else None
    if kind == "perpetual" and "expiry" in row:
        findings.add(f"{path}.expiry", row["expiry"], f"has no place on {KINDS[kind].one}")
    _object(row, ORDERED.get(kind, f.ORDER) if isinstance(kind, str) else f.ORDER, path, findings, also=("expiry",))


def _keys_and_text(document: Any, findings: Findings) -> None:
    """Keys given more than once, and text that no file can hold, anywhere in the file however deep."""
    waiting = [("", document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Members):
            for key in value.repeated:
                findings.add(_join(path, key), value[key], "is given more than once")
            for key in filter(_is_looked_into, value):
                _writable(_join(path, key), key, findings)
            waiting += [(_join(path, key), member) for key, member in value.items() if _is_looked_into(member)]
        elif isinstance(value, str):
            _writable(path, value, findings)
        elif isinstance(value, list):
            waiting += [(f"{path}[{i}]", item) for i, item in enumerate(value) if _is_looked_into(item)]


def _is_looked_into(value: Any) -> bool:
    """Whether text that no file can hold may be in `value`: no path is made for numbers and ASCII."""
    return isinstance(value, Members | list) or (isinstance(value, str) and not value.isascii())


def _writable(path: str, text: str, findings: Findings) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        findings.add(path, text, "must be text that UTF-8 can hold: half a surrogate pair stands alone")


def _unique_ids(document: dict[str, Any], key: str, one: str, findings: Findings) -> None:
    seen: set[str] = set()
    rows = document.get(key)
    for i, row in enumerate(rows if isinstance(rows, list) else []):
        name = row.get("id") if isinstance(row, dict) else None
        if isinstance(name, str):
            if name in seen:
                findings.add(f"{key}[{i}].id", name, f"is already the id of an earlier {one}")
            seen.add(name)


def _object(row: Any, table: Iterable[f.Field], path: str, findings: Findings, also: Iterable[str] = ()) -> None:
    """Check one object against its table; `also` names keys that are checked elsewhere."""
    if not _is_object(row, path, findings):
        return
    table = tuple(table)
    _known_keys(row, (*(field.name for field in table), *also), path, findings)
    _required(row, (field.name for field in table if field.required), path, findings)
    for field_ in table:
        _value(row, field_.name, field_.rule, path, findings)


def _is_object(value: Any, path: str, findings: Findings) -> bool:
    if isinstance(value, dict):
        return True
    findings.add(path, value, "must be an object")
    return False


def _known_keys(row: dict[str, Any], known: Iterable[str], path: str, findings: Findings) -> None:
    known = frozenset(known)
    for key in (key for key in row if key not in known):
        findings.add(_join(path, key), row[key], "is not a key of the account file")


def _required(row: dict[str, Any], keys: Iterable[str], path: str, findings: Findings) -> None:
    for key in keys:
        if key not in row:
            findings.add(_join(path, key), ABSENT, "is required")


def _value(row: dict[str, Any], key: str, rule: f.Rule, path: str, findings: Findings) -> None:
    broken = rule(row[key]) if key in row else None
    if broken:
        findings.add(_join(path, key), row[key], broken)


def _each(row: dict[str, Any], key: str, path: str, findings: Findings, check: Callable[[Any, str], None]) -> None:
    if key not in row:
        return
    at = _join(path, key)
    if isinstance(row[key], list):
        for i, item in enumerate(row[key]):
            check(item, f"{at}[{i}]")
    else:
        findings.add(at, row[key], "must be a list")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
