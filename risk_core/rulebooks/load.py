"""Reads rulebooks from their data files, and lays a user's overrides over them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError

from ..digest import digest
from ..errors import ABSENT, Problem, Refused
from . import dated
from .rules import Parameter, Rulebook, Rules

DEFAULT = "generic"
MEANINGS = "meanings.toml"
HEAD = frozenset({"name", "title", "source", "date", "limits"})


@cache
def names() -> tuple[str, ...]:
    """Names of the rulebooks that are shipped, alphabetical."""
    folder = files(__package__).iterdir()
    found = (f.name for f in folder if f.name.endswith(".toml") and f.name != MEANINGS)
    return tuple(sorted(name.removesuffix(".toml") for name in found))


@cache
def meanings() -> Mapping[str, Mapping[str, Any]]:
    """Unit and meaning of every parameter by dotted key, and the plain convention where there is one."""
    data = tomllib.loads((files(__package__) / MEANINGS).read_text("utf-8"))
    common = {key: data[key] for key in ("source", "date")}
    return {path: {**common, **stanza} for path, stanza in _stanzas(data)}


@cache
def load(name: str) -> Rulebook:
    """The shipped rulebook `name`. Raises Refused at `rules` when there is none, or when its file is not sound."""
    if name not in names():
        raise Refused([Problem("rules", name, "is not a rulebook; there are " + ", ".join(names()))])
    return read((files(__package__) / f"{name}.toml").read_text("utf-8"))


def read(text: str) -> Rulebook:
    """A rulebook from TOML text. Raises Refused: unknown keys, a parameter without meaning, unit or source."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused([Problem("$", text[:40], f"must be TOML text ({error})")]) from None
    parameters, problems = _parameters(data)
    if problems:
        raise Refused(problems)
    return _build(data, parameters, ())


def resolve(choice: Any) -> Rulebook:
    """The rulebook an account asks for: a name, or `{"base": name, "override": {...}}`. Raises Refused."""
    if isinstance(choice, str):
        return load(choice)
    if not isinstance(choice, Mapping):
        raise Refused([Problem("rules", choice, "must be a rulebook's name, or an object with base and override")])
    problems = list(_choice_problems(choice))
    if problems:
        raise Refused(problems)
    try:
        text = json.dumps(choice.get("override", {}))
    except (TypeError, ValueError):  # nothing a file could say: refused as it stands
        return override(load(choice["base"]), choice.get("override", {}))
    return _overridden(choice["base"], text)


@lru_cache(maxsize=16)
def _overridden(base: str, text: str) -> Rulebook:
    """`base` with an override as JSON text: every figure of an account asks for its rulebook."""
    return override(load(base), json.loads(text))


def _choice_problems(choice: Mapping[str, Any]) -> Iterable[Problem]:
    for key in choice:
        if key not in {"base", "override"}:
            yield Problem(f"rules.{key}", choice[key], "is not a key of rules")
    if "base" not in choice:
        yield Problem("rules.base", ABSENT, "is required")
    elif choice["base"] not in names():
        yield Problem("rules.base", choice["base"], "is not a rulebook; there are " + ", ".join(names()))
    if not isinstance(choice.get("override", {}), Mapping):
        yield Problem("rules.override", choice["override"], "must be an object")


def override(base: Rulebook, changes: Mapping[str, Any]) -> Rulebook:
    """`base` with the values in `changes`, an object of the rulebook's own keys. Raises Refused."""
    parameters = dict(base.parameters)
    changed, problems = [], []
    for key, value in leaves(changes, base.parameters):
        if key in parameters:
            stated = {"value": _merged(parameters[key].value, value), "source": "override in the account file"}
            parameters[key] = parameters[key].model_copy(update=stated)
            changed.append(key)
        else:
            problems.append(Problem(f"rules.override.{key}", value, f"is not a key of {base.name}"))
    if problems:
        raise Refused(problems)
    if dated.KEY in changed:
        shipped = load(base.name) if base.name in names() else base
        parameters = dated.apply(base.name, shipped.parameters, parameters, keep=dated.TABLES in changed)
    head = {"name": base.name, "title": base.title, "limits": list(base.limits)}
    written = {key: value for key, value in leaves(changes, base.parameters) if key in changed}
    return _build(head, parameters, tuple(sorted(changed)), written) if changed else base


def rebuilt(base: Rulebook, parameters: Mapping[str, Parameter]) -> Rulebook:
    """`base` with these parameters in the place of its own. Raises Refused."""
    head = {"name": base.name, "title": base.title, "limits": list(base.limits)}
    changed = tuple(sorted(key for key, one in parameters.items() if base.parameters.get(key) != one))
    return _build(head, dict(parameters), changed)


def _merged(base: Any, value: Any) -> Any:
    """Entries of a table are laid over the base's; anything else replaces it."""
    return {**base, **value} if isinstance(base, Mapping) and isinstance(value, Mapping) else value


def leaves(changes: Any, known: Mapping[str, Parameter], path: str = "") -> Iterable[tuple[str, Any]]:
    """The values of an override by dotted key, however it nests them; `known`: the rulebook's parameters."""
    for key, value in changes.items():
        at = f"{path}.{key}" if path else str(key)
        inside = any(name.startswith(f"{at}.") for name in known)
        if at not in known and isinstance(value, Mapping) and (value or inside):
            yield from leaves(value, known, at)
        else:
            yield at, value


def _parameters(data: Mapping[str, Any]) -> tuple[dict[str, Parameter], list[Problem]]:
    parameters: dict[str, Parameter] = {}
    problems: list[Problem] = []
    inherited = {key: data[key] for key in ("source", "date") if key in data}
    problems += [Problem(key, data.get(key, ABSENT), "must be text")
                 for key in ("name", "title") if not isinstance(data.get(key), str)]
    for path, known in meanings().items():
        section = path.split(".", 1)[0]
        if "default" in known and (section in data or Rules.model_fields[section].is_required()):
            plain = {key: value for key, value in known.items() if key != "default"}
            parameters[path] = Parameter(value=known["default"], **plain)
    for path, stanza in _stanzas(data):
        if not isinstance(stanza, Mapping):
            problems.append(Problem(path, stanza, "must be a table"))
            continue
        try:
            known = {key: value for key, value in meanings().get(path, {}).items() if key in {"unit", "meaning"}}
            parameters[path] = Parameter.model_validate({**known, **inherited, **stanza})
        except ValidationError as error:
            problems += _problems(error, path)
    return parameters, problems


def _stanzas(data: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Every parameter of a rulebook's text by dotted key, and what stands where one should."""
    for section, stanzas in data.items():
        if section in HEAD:
            continue
        if isinstance(stanzas, Mapping):
            yield from ((f"{section}.{key}", stanza) for key, stanza in stanzas.items())
        else:
            yield section, stanzas


def _build(head: Mapping[str, Any], parameters: dict[str, Parameter], changed: tuple[str, ...],
           written: Mapping[str, Any] | None = None) -> Rulebook:
    values: dict[str, dict[str, Any]] = {}
    for key, parameter in sorted(parameters.items()):
        section, name = key.split(".", 1)
        values.setdefault(section, {})[name] = parameter.value
    try:
        rules = Rules.model_validate(values)
    except ValidationError as error:
        raise Refused(_problems(error, "rules.override" if changed else "", written)) from None
    return Rulebook(
        name=head["name"],
        title=head["title"],
        digest=digest({"name": head["name"], "values": values}),
        limits=tuple(head.get("limits", ())),
        rules=rules,
        parameters=parameters,
        overridden=changed,
    )


def _problems(error: ValidationError, path: str, written: Mapping[str, Any] | None = None) -> list[Problem]:
    """What pydantic found, as problems with a path in the rulebook's own keys; values as the user wrote them.

    written: the values of an override by dotted key, None where all is the user's own.
    """
    problems = []
    for found in error.errors():
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"])
        value = ABSENT if found["type"] == "missing" else json.loads(json.dumps(found["input"], default=str))
        if written is not None and value is not ABSENT:
            value = _as_written(found["loc"], written, value)
        message = found["msg"].removeprefix("Value error, ")
        problems.append(Problem((path + place).lstrip("."), value, message[:1].lower() + message[1:]))
    return problems


def _as_written(loc: tuple[int | str, ...], written: Mapping[str, Any], value: Any) -> Any:
    """The user's part of the `value` at `loc`: for a fault between the keys of a section those written in it."""
    if len(loc) > 1:
        return written.get(f"{loc[0]}.{loc[1]}", value) if len(loc) == 2 else value
    inside = "".join(f"{section}." for section in loc)
    mine = {key.removeprefix(inside): one for key, one in written.items() if key.startswith(inside)}
    return mine or dict(written)
