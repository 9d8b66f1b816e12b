"""From a case's `inputs` to calls of the public core, by the formula it states. No arithmetic of margins lives here.

A formula that no rulebook can say yet is answered with NotImplementedError, and the case counts as missed.
"""

import math

from risk_core.valuation import black76
from tests.golden import (
    closing_cases,
    collateral_cases,
    future_cases,
    history_cases,
    option_cases,
    order_cases,
    ratio_cases,
    scenario_cases,
    sensitivity_cases,
    shipped,
    standard_cases,
    venue_scan_cases,
)
from tests.golden.books import recorded

FAMILIES = (closing_cases, collateral_cases, future_cases, history_cases, order_cases, ratio_cases, scenario_cases,
            sensitivity_cases, standard_cases, venue_scan_cases)
FORMULAS = {formula: function for family in FAMILIES for formula, function in family.FORMULAS.items()}


def answer(case):
    """The figures the engine gives for a case, under the keys the case expects."""
    return told(case)[0]


def told(case):
    """The figures under the case's own names, and the run they come from."""
    inputs, symbols = shipped.named(recorded(case))
    run = shipped.run_of(case, inputs)
    found = computed(case, inputs | {"run": run, "expects": set(case["expected"])})
    found |= shaped(case["expected"], found.get("by_leg", {}), inputs)
    return {key: _symbols(value, symbols) for key, value in found.items()}, run


def shaped(expected, by_leg, inputs):
    """Figures of every position where the case prints more than one of them: in its order, or by symbol."""
    out = {}
    for key in by_leg.keys() & expected.keys():
        if isinstance(expected[key], dict):
            out[key] = dict(zip((held["symbol"] for held in inputs["positions"]), by_leg[key], strict=True))
        elif isinstance(expected[key], list):
            out[key] = by_leg[key]
    return out


def _symbols(value, symbols):
    return {symbols.get(key, key): one for key, one in value.items()} if isinstance(value, dict) else value


def computed(case, inputs):
    formula = case.get("formula", case.get("system"))
    if formula == "Black-76 (valuation)":
        return black(inputs)
    if formula in future_cases.MODED:
        found = future_cases.by_mode(inputs, formula, case["mode"], case["venue"])
        return option_cases.figures(inputs, formula, case["venue"]) | found if "cash" in inputs else found
    if formula in option_cases.FORMULAS:
        return option_cases.FORMULAS[formula](inputs, formula, case["venue"])
    if formula not in FORMULAS:
        raise NotImplementedError(f"no rulebook says {formula} yet")
    return FORMULAS[formula](inputs, formula)


def black(inputs):
    v = inputs["vol"] * math.sqrt(inputs["seconds_to_expiry"] / 31_536_000)
    price = {name: float(black76.price(inputs["forward"], inputs["strike"], v, name == "call")) for name in ("call", "put")}
    return {name: inputs["discount"] * value for name, value in price.items()}
