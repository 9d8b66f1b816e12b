"""The file of one's own rulebook (`*.rulebook.json`): a name, a base, and the values laid over it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import ABSENT, Problem, Refused
from ..portfolio.json_text import Members, parse
from .choices import chosen

FORMAT = "marginscope-rulebook/1"
LONGEST = 80
_KEYS = {"format", "name", "base", "override"}


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A named rulebook of one's own. rules: as an account file writes it."""

    name: str
    rules: Any


def read(text: str) -> OwnFile:
    """The rulebook in `text`. Raises Refused with every problem, each with its path, value and rule."""
    data = parse(text)
    if not isinstance(data, dict):
        raise Refused([Problem("$", data, "must be a JSON object")])
    problems = [Problem(key, data[key], "is not a key of a rulebook file") for key in data if key not in _KEYS]
    problems += [Problem(path, ABSENT, "is given more than once") for path in _repeated(data, "")]
    if data.get("format", ABSENT) != FORMAT:
        problems.append(Problem("format", data.get("format", ABSENT), f'must be "{FORMAT}"'))
    name = data.get("name", ABSENT)
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST:
        problems.append(Problem("name", name, f"must be text of 1 to {LONGEST} characters"))
    rules = {key: data[key] for key in ("base", "override") if key in data}
    try:
        rules = chosen(rules).rules
    except Refused as refused:
        problems += refused.problems
    if problems:
        raise Refused(problems)
    return OwnFile(str(name).strip(), rules)


def write(name: str, rules: Any) -> str:
    """The file of a rulebook as an account's `rules` choose it. Raises Refused."""
    canonical = chosen(rules).rules
    stated = {"base": canonical, "override": {}} if isinstance(canonical, str) else canonical
    body = {"format": FORMAT, "name": name, **stated}
    return json.dumps(body, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _repeated(value: Any, path: str) -> Iterable[str]:
    """Paths of the keys given more than once."""
    if isinstance(value, Members):
        yield from (f"{path}.{key}".lstrip(".") for key in value.repeated)
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from _repeated(one, f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip("."))
