"""Venue cases through the engine: `python -m tests.golden FILE...`. Last line `M matched, N total`; exit 0 only when equal."""

import json
import sys
from collections import Counter
from pathlib import Path

from risk_core.errors import MarginscopeError
from tests.golden.translate import answer


def tolerance(case, key):
    """(absolute, relative) tolerance of one expected figure: the key's own, else the default, else the case's."""
    stated = case["tolerance"]
    own = stated.get(key, stated.get("default", stated))
    return own.get("abs", 0.0), own.get("rel", 0.0)


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
    absolute, relative = tolerance(case, key.split("[")[0].split(".")[0])
    error = abs(found - expected)
    return error <= max(absolute, relative * abs(expected)) if "formula" in case else error <= absolute + relative * abs(expected)


def misses(case):
    """Why a case does not match: one line each; empty when it does."""
    try:
        found = flat(answer(case))
    except NotImplementedError as reason:
        return [str(reason)]
    except (LookupError, TypeError, AttributeError, ValueError, MarginscopeError) as reason:
        return [f"inputs that cannot be translated ({type(reason).__name__}: {reason})"]
    expected = flat(case["expected"])
    return [f"{key}: expected {value}, found {found.get(key, 'nothing')}" for key, value in expected.items()
            if key not in found or not agree(case, key, value, found[key])]


def run(cases):
    """(system, id, misses) of every case."""
    return [(case.get("venue") or case["system"], case["id"], misses(case)) for case in cases]


def main(files):
    missing = [file for file in files if not Path(file).is_file()]
    for file in missing:
        print(f"{file}: is not a file", file=sys.stderr)
    if missing:
        return 2
    if not files:
        print("usage: python -m tests.golden FILE...", file=sys.stderr)
        return 2
    results = [row for file in files for row in run(json.loads(Path(file).read_text("utf-8")))]
    total = Counter(system for system, _, _ in results)
    matched = Counter(system for system, _, missed in results if not missed)
    for system, name, missed in results:
        for line in missed:
            print(f"miss  {system}  {name}: {line}")
    for system in sorted(total):
        print(f"{matched[system]:4d} of {total[system]:4d}  {system}")
    print(f"{sum(matched.values())} matched, {sum(total.values())} total")
    return 0 if sum(matched.values()) == sum(total.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
