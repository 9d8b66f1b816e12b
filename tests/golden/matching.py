"""A case against the engine: which figures agree, and within what."""

from risk_core.errors import MarginscopeError
from tests.golden.translate import answer

UNREADABLE = (LookupError, TypeError, AttributeError, ValueError, MarginscopeError)
"""What inputs that cannot be translated end in."""


def tolerance(case, key):
    """(absolute, relative) tolerance of one expected figure: the key's own, else the default, else the case's."""
    stated = case["tolerance"]
    own = stated.get(key, stated.get("default", stated))
    return own.get("abs", 0.0), own.get("rel", 0.0)


def allowed(case, key, expected):
    """The largest error at which a figure agrees, in its own unit."""
    absolute, relative = tolerance(case, key.split("[")[0].split(".")[0])
    wide = relative * abs(expected)
    return max(absolute, wide) if "formula" in case else absolute + wide


def flat(value, path=""):
    """Expected figures by path: {"a": [1, 2]} gives a[0], a[1]."""
    if isinstance(value, dict):
        return {k: v for key, part in value.items() for k, v in flat(part, f"{path}.{key}" if path else key).items()}
    if isinstance(value, list):
        return {k: v for i, part in enumerate(value) for k, v in flat(part, f"{path}[{i}]").items()}
    return {path: value}


def agree(case, key, expected, found):
    if not isinstance(expected, int | float) or not isinstance(found, int | float):
        return expected == found
    return abs(found - expected) <= allowed(case, key, expected)


def misses(case):
    """Why a case does not match: one line each; empty when it does."""
    try:
        found = flat(answer(case))
    except NotImplementedError as reason:
        return [str(reason)]
    except UNREADABLE as reason:
        return [f"inputs that cannot be translated ({type(reason).__name__}: {reason})"]
    expected = flat(case["expected"])
    return [f"{key}: expected {value}, found {found.get(key, 'nothing')}" for key, value in expected.items()
            if key not in found or not agree(case, key, value, found[key])]


def run(cases):
    """(system, id, misses) of every case."""
    return [(case.get("venue") or case["system"], case["id"], misses(case)) for case in cases]
