"""Accounts and rulebooks as venue cases state them: names and shapes change here, figures do not."""

import json
from pathlib import Path

from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks.load import resolve
from tests.golden import shipped

AS_OF = "2026-11-20T08:00:00Z"
PLEDGES = ("isolated_wallet", "margin", "margin_static", "position_margin")
WALLETS = ("wallet_balance", "account_balance", "collateral", "total_margin", "collateral_usdc", "cash")


RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text("utf-8"))
"""What a recorded payload prints and the case that quotes it leaves out, with its source."""


def recorded(case):
    """A case's inputs with what its recorded payload prints besides; the positions of its snapshots."""
    inputs = case["inputs"]
    for record in (one for one in RECORDED if one["venue"] == case.get("venue")):
        if "snapshots" in record and "snapshots" in inputs:
            inputs = {**inputs, "positions": record["snapshots"][:inputs["snapshots"]]}
        if "where" in record and "positions" in inputs:
            held = [{**one, **record["add"]} if record["where"].items() <= one.items() else one
                    for one in inputs["positions"]]
            inputs = {**inputs, "positions": held}
    return inputs


def mark(held):
    return held["entry"] if held.get("mark") is None else held["mark"]


def entry(held):
    """The entry price; behind a printed profit the one it was worked out from, which is not rounded."""
    if held.get("unrealized_pnl") is not None and held["type"] == "linear":
        return mark(held) - held["unrealized_pnl"] / (held["size"] if held["side"] == "long" else -held["size"])
    return mark(held) if held.get("entry") is None else held["entry"]


def quantity(held, inputs):
    """Signed size; contracts of an inverse position in dollars of face."""
    size = held["size"] * (inputs.get("contract_value_usd", 1.0) if held["type"] == "inverse" else 1.0)
    return size if held["side"] == "long" else -size


def tiers(held, underlying):
    """One rate and deduction as a table: below the notional at which the deduction eats all of it, nothing."""
    rate, taken = held.get("mmr") or 0.0, held.get("maint_amount") or 0.0
    initial = max(held.get("imr") or 0.0, rate)
    if taken and rate:
        return [{"underlying": underlying, "from": 0, "initial": initial, "maintenance": 0.0},
                {"underlying": underlying, "from": taken / rate, "initial": initial, "maintenance": rate}]
    return [{"underlying": underlying, "from": 0, "initial": initial, "maintenance": rate}]


def position(held, inputs, name, *, isolated):
    out = {"id": name, "kind": "perpetual", "underlying": held["symbol"], "settlement": held["type"],
           "quantity": quantity(held, inputs), "entry_price": entry(held)}
    if held.get("leverage"):
        out["leverage"] = held["leverage"]
    if held.get("mark") is not None:
        out["mark_price"] = held["mark"]
    if held.get("unsettled_funding"):
        out["unsettled_funding"] = held["unsettled_funding"]
    if isolated:
        out["mode"] = "isolated"
        if (behind := own_pledge(held)) is not None:
            out["isolated_margin"] = behind
    return out


def own_pledge(held):
    """Dollars a position of an account of several says are behind it, without its profit; else None."""
    dollars = mark(held) if held["type"] == "inverse" else 1.0
    found = stated(held, (*PLEDGES, "isolated_deposit"))
    if found is not None:
        return found * dollars
    if held.get("isolated_margin") is None:
        return None
    sign = 1.0 if held["side"] == "long" else -1.0
    paid = entry(held)
    profit = sign * held["size"] * (mark(held) - paid if held["type"] == "linear" else mark(held) / paid - 1.0)
    return held["isolated_margin"] * dollars - profit


def document(inputs, *, mode="cross", rules=None, pledge=None, collateral=()):
    """The account of a case. pledge: dollars of the isolated position; rules: sections laid over the run's rulebook."""
    held = inputs["positions"]
    names, alone = [f"{i}" for i in range(len(held))], [stands_alone(one, mode) for one in held]
    table = {one["symbol"]: one for one in held}
    own = [step for symbol, one in table.items() for step in tiers(one, symbol)]
    positions = [position(one, inputs, name, isolated=apart)
                 for one, name, apart in zip(held, names, alone, strict=True)]
    if pledge is not None:
        positions[0]["isolated_margin"] = pledge
    sections, run = {**(rules or {})}, running(inputs)
    sections["tiers"] = {**shipped.own_tiers(run, list(table.values()), own), **sections.get("tiers", {})}
    kept = shipped.in_full(run, [(one["asset"], one["amount"]) for one in collateral])
    sections["collateral"] = {**kept, **sections.get("collateral", {})}
    return {
        "format": "marginscope-account/1", "as_of": AS_OF, "collateral": list(collateral),
        "rules": run.rules(sections),
        "market": {"underlyings": {symbol: {"price": mark(one)} for symbol, one in table.items()}},
        "positions": positions,
    }


def stands_alone(held, mode):
    """Is a position isolated, by its own word or else by its case's?"""
    return held.get("margin_mode", mode) == "isolated"


def running(inputs):
    """The run whose rulebook the accounts of these inputs use."""
    return inputs.get("run") or shipped.Run()


def evaluated(doc, mode):
    """The account of a document and its result in one mode."""
    account = read_document(doc)
    return account, compare(account, resolve(account.rules), [mode]).modes[mode]


def stated(inputs, names):
    """The first of `names` that the case states, else None."""
    return next((inputs[name] for name in names if inputs.get(name) is not None), None)
