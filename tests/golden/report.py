"""Results of the cases as facts for the Accuracy page and as `docs/accuracy.md`; both are made here and only here."""

import json
import math
import re
from datetime import date
from itertools import groupby
from pathlib import Path

from pages.ui import accuracy_data
from risk_core.rulebooks import load
from tests.golden import accuracy_markdown, shipped
from tests.golden.matching import UNREADABLE, agree, allowed, flat
from tests.golden.shipped import Run
from tests.golden.translate import told

HERE = Path(__file__).parent
PUBLISHED, METHODS, DISPUTED = (HERE / f"{name}.json" for name in ("published", "methods", "disputed"))
"""Cases of isolated and cross margin, of methods of portfolio margin and what they are made of, and in dispute."""
SHOWN = accuracy_data.FILE
DIGITS = 12
"""Significant digits that are kept of our figures: the rest differs between machines."""
LIST = 4
"""Figures of one list that are shown each by itself."""
OWN = "every parameter as the case states it"
LEVELS = ("liquidation_price", "bankruptcy_price")
"""Figures of which there may be none."""
KNOWN_HOSTS = ("binance.com", "bitmex.com", "coinbase.com", "github.com", "help.bybit.com", "testnet.bybit.com", "kraken.com",
               "kucoin.com", "kucoin.zendesk.com", "ln.exchange", "mcs.io", "phemex.com", "pionex.com",
               "support.coincall.com", "support.deribit.com", "support.toobit.com", "support.woo.org", "x.architect.co")
"""Addresses that are the venues' own or a code host: only these become links, never a copy of a venue's site."""


def facts(cases, disputed):
    """What the page shows, without the date."""
    return {"cases": [row(case) for case in cases], "disputed": [row(case) for case in disputed]}


def row(case):
    """One case: where it is from, what is compared, and each figure beside ours."""
    stated = source(case["source"])
    figures, run = compared(case)
    method = method_of(case)
    return {
        "id": case["id"], "venue": case.get("venue") or case["system"], "source": stated, "link": link(stated),
        "kind": case["source_kind"], "mode": case.get("mode"),
        "formula": case.get("formula", case.get("system")), "inferred": case.get("inferred", []),
        "rulebook": run.base if run.shipped else method, "laid": run.figures,
        "conventions": {key: run.laid[key] for key in run.conventions}, "variant": OWN if method else run.why,
        "matched": all(one["matched"] for one in figures), "figures": folded(figures),
    } | ({"why": case["why"]} if "why" in case else {})


def method_of(case):
    """The rulebook whose method a case is of, where every parameter is the case's own; else None."""
    return next((one["rulebook"] for one in shipped.systems("method") if one["system"] == case.get("system")), None)


def folded(figures):
    """Long lists of figures, such as the profit of every scenario, as the one that is furthest off."""
    out = []
    for name, group in groupby(figures, lambda one: one["name"].split("[")[0]):
        own = list(group)
        if len(own) <= LIST:
            out += own
            continue
        worst = max(own, key=lambda one: (not one["matched"], (one["error"] or 0.0) / (one["allowed"] or 1.0)))
        out.append(worst | {"of": len(own)})
    return out


def source(stated):
    """Where a case is from, in one line."""
    if isinstance(stated, str):
        return stated
    if "commit" in stated:
        return f"{stated['repo']} {stated['path']} (commit {stated['commit']})"
    return ", ".join(str(stated[key]) for key in ("title", "origin", "repo", "url", "note") if key in stated)


def link(stated):
    """The address in a source, where its host is known; else None."""
    found = re.search(r"https://([^/\s]+)[^\s)]*", stated)
    known = found and any(found[1] == host or found[1].endswith("." + host) for host in KNOWN_HOSTS)
    return found[0] if known else None


def compared(case):
    """Each printed figure beside ours, of a disputed case those that differ; and the run they come from."""
    try:
        answered, run = told(case)
        found = flat(answered)
    except (NotImplementedError, *UNREADABLE):
        found, run = {}, Run()
    figures = [figure(case, name, printed, found) for name, printed in flat(case["expected"]).items()]
    disputed = case.get("disputed")
    shown = figures if disputed is None else [
        one for one in figures if one["name"].split("[")[0] in disputed and not one["matched"]]
    return shown, run


def figure(case, name, printed, found):
    """`ours` is a number, a word, or None where nothing is computed; `error` and `allowed` only beside numbers."""
    matched, ours = name in found and bool(agree(case, name, printed, found[name])), found.get(name)
    if ours is None and name in found and name in LEVELS:
        ours = "none"
    printed, ours = (("no", "yes")[one] if isinstance(one, bool) else one for one in (printed, ours))
    is_number = isinstance(printed, int | float) and isinstance(ours, int | float)
    within = allowed(case, name, printed) if is_number else None
    return {
        "name": name, "printed": printed, "ours": digits(ours) if is_number else ours,
        "error": error(ours, printed, within) if is_number else None,
        "allowed": digits(within) if is_number else None,
        "matched": matched,
    }


def error(ours, printed, within):
    """Distance of the figures; what the arithmetic leaves beyond the kept digits is none."""
    off = abs(ours - printed)
    left = max(10.0 ** -DIGITS * max(abs(printed), abs(ours)), 1e-9 * within)
    return 0.0 if off <= left else float(f"{off:.4g}")


def digits(value):
    return float(f"{value:.{DIGITS}g}")


def same(left, right):
    """Are two reports the same, but for the last digits of figures?"""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            near(left, right) if key == "error" else same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9)
    return left == right


def near(left, right):
    """Are the errors of two figures the same, to a thousandth of what is allowed?"""
    if left["error"] is None or right["error"] is None:
        return left["error"] == right["error"]
    return math.isclose(left["error"], right["error"], rel_tol=1e-3, abs_tol=1e-3 * left["allowed"])


def written(found):
    """The data file as text: one line for each case, so that a change of one case is a change of one line."""
    lists = [f' "{name}": [\n' + ",\n".join("  " + json.dumps(one, ensure_ascii=False) for one in found[name]) + "\n ]"
             for name in ("cases", "disputed")]
    return "{\n" + ",\n".join([f' "date": "{found["date"]}"', *lists]) + "\n}\n"


def write(cases, page, shown=SHOWN):
    """Write both files. The date stays while no figure changes."""
    found = facts(cases, json.loads(DISPUTED.read_text("utf-8")))
    before = json.loads(shown.read_text("utf-8")) if shown.exists() else {}
    is_same = same({**before, "date": None}, {**found, "date": None})
    dated = {"date": before["date"] if is_same else date.today().isoformat(), **found}
    shown.write_text(written(dated), "utf-8")
    page.write_text(accuracy_markdown.page(accuracy_data.read(shown), load.names()), "utf-8")
