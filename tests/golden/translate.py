"""From a case's `inputs` to calls of the public core, by the formula it states. No arithmetic of margins lives here.

A formula that no rulebook can say yet is answered with NotImplementedError, and the case counts as missed.
"""

import math

from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks.load import resolve
from risk_core.rulebooks.rules import deductions
from risk_core.valuation import black76

MARGIN_KEYS = ("isolated_wallet", "isolated_margin", "margin", "equity")


def answer(case):
    """The figures the engine gives for a case, under the keys the case expects."""
    if case.get("system") == "Black-76 (valuation)":
        return black(case["inputs"])
    formula = case.get("formula", case.get("system"))
    if formula not in FORMULAS:
        raise NotImplementedError(f"no rulebook says {formula} yet")
    return FORMULAS[formula](case["inputs"])


def black(inputs):
    v = inputs["vol"] * math.sqrt(inputs["seconds_to_expiry"] / 31_536_000)
    price = {name: float(black76.price(inputs["forward"], inputs["strike"], v, name == "call")) for name in ("call", "put")}
    return {name: inputs["discount"] * value for name, value in price.items()}


def one_position(inputs):
    """The single linear position of a case, isolated with its margin, under a rulebook of its one rate and deduction."""
    if len(inputs["positions"]) != 1 or inputs["positions"][0]["type"] != "linear":
        raise NotImplementedError("only a single linear position is translated yet")
    held = inputs["positions"][0]
    pledge = next((inputs[key] for key in MARGIN_KEYS if key in inputs), None)
    if pledge is None:
        raise NotImplementedError("the case states no margin of the position")
    pledge -= inputs.get("unrealized_pnl", 0.0) if "isolated_margin" in inputs else 0.0
    position = {"id": "it", "kind": "perpetual", "underlying": "COIN", "settlement": "linear", "mode": "isolated",
                "quantity": held["size"] if held["side"] == "long" else -held["size"], "entry_price": held["entry"],
                "isolated_margin": pledge}
    return read_document({
        "format": "marginscope-account/1", "as_of": "2026-11-20T08:00:00Z", "collateral": [],
        "rules": {"base": "generic", "override": {"tiers": {"steps": steps(held)}}},
        "market": {"underlyings": {"COIN": {"price": held.get("mark") or held["entry"]}}},
        "positions": [position],
    })


def steps(held):
    """A tier table in which the position's rate and deduction apply: a lower tier of half the rate carries the deduction."""
    rate, deduction = held["mmr"], held.get("maint_amount", 0.0)

    def step(start, maintenance, taken_off):
        return {"from": start, "initial": maintenance, "maintenance": maintenance,
                "initial_deduction": taken_off, "maintenance_deduction": taken_off}

    if not deduction:
        return [step(0, rate, 0)]
    return [step(0, rate / 2, 0), step(2 * deduction / rate, rate, deduction)]


def isolated(inputs):
    account = one_position(inputs)
    leg = compare(account, resolve(account.rules), ["isolated"]).modes["isolated"].positions[0]
    return {
        "liquidation_price": leg.liquidation_price,
        "bankruptcy_price": leg.bankruptcy_price,
        "unrealized_pnl": leg.unrealised_pnl,
        "equity_at_liquidation": equity_at(account, leg.liquidation_price),
    }


def equity_at(account, price):
    moved = move(account, WhatIf(price=price / account.market.underlyings["COIN"].price))
    return compare(moved, resolve(account.rules), ["isolated"]).modes["isolated"].positions[0].equity


def tier_deductions(inputs):
    return {"maint_amounts": deductions(inputs["floors"], inputs["rates"])}


FORMULAS = {"LIN_LIQ": isolated, "MM_DEDUCTION": tier_deductions}
