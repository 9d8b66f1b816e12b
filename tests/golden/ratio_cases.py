"""Cases of ratio methods and of strategies: a lending account's ratio, and margin per share of US listed options."""

from risk_core.margin.methods.ratio.lending import lending
from risk_core.rulebooks import load
from tests.core.books import cash, document, future, option
from tests.golden.books import evaluated

MONTH = 30 * 86_400


def lending_ratio(inputs, *_):
    """The ratio of one token: what is lent out counts in full, and backs a loan up to its caps."""
    asset = "TOKEN"
    rules = load.override(load.load("hyperliquid-pm"), {"ratio": {
        "fixed": inputs["min_borrow_offset"], "loan_to_value": {asset: inputs["ltv"]},
        "supply_caps": {asset: inputs["supply_cap"]}, "borrow_caps": {asset: inputs["borrow_cap"]},
        "warning": inputs["liquidation_ratio"], "restricted": inputs["liquidation_ratio"],
        "liquidation": inputs["liquidation_ratio"]}}).rules.ratio
    found = lending(rules, asset, maintenance=inputs["cross_mm"], owed=inputs["borrowed"] * inputs["price"],
                    balance=inputs["balance"], backing=inputs.get("collateral", inputs["balance"]),
                    price=inputs["price"])
    return {"requirement": found.requirement, "liquidation_value": found.liquidation_value, "ratio": found.ratio,
            "liquidatable": found.is_liquidated}


def strategy(inputs, *_):
    """Margin per share with the premium in it: what the pairing asks besides marks, and the marks of what is short."""
    stated, underlying = inputs.get("parameters", {}), "IT"
    legs, premiums = _legs(inputs)
    override = {"strategies": {"option_rate": stated.get("pct", 0.2), "call_floor": stated.get("call_floor_of_spot", 0.1),
                               "put_floor": stated.get("put_floor_of_strike", 0.1),
                               "leverage": {underlying: stated.get("leverage", inputs.get("leverage", 1.0))}}}
    doc = document(legs, [cash(1e6)], {underlying: {"price": inputs["spot"]}}, {"base": "reg-t", "override": override})
    _, found = evaluated(doc, "portfolio")
    futures = sum(part.amount for part in found.components if part.name.startswith("Futures"))
    return {"margin": found.head.maintenance_margin - futures + sum(premiums)}


def _legs(inputs):
    """The legs of the strategy a case names, and the premiums received less those paid."""
    kind, held, premiums = inputs["type"].lower(), [], []
    spot, days = inputs["spot"], inputs.get("days", 30)
    short_put = ("put", -1, inputs.get("put_strike", inputs.get("strike")), inputs.get("put_premium", inputs.get("premium")))
    short_call = ("call", -1, inputs.get("call_strike", inputs.get("strike")),
                  inputs.get("call_premium", inputs.get("premium")))
    if "straddle" in kind or "strangle" in kind or "combination" in kind:
        held = [short_call, short_put]
    elif "spread" in kind:
        right = "put" if "put" in kind else "call"
        held = [(right, -1, inputs["short_strike"], inputs["short_premium"]),
                (right, 1, inputs["long_strike"], inputs["long_premium"])]
    elif "call" in kind:
        held = [("call", 1, *short_call[2:]) if "long" in kind else short_call]
    elif "put" in kind:
        held = [("put", 1, *short_put[2:]) if "long" in kind else short_put]
    else:
        raise NotImplementedError(f"{inputs['type']} is no strategy that is translated")
    legs = [option(right, strike, quantity, "IT", seconds=days * 86_400, mark_price=premium)
            for right, quantity, strike, premium in held]
    premiums = [-quantity * premium for _, quantity, _, premium in held]
    if "covered" in kind:
        legs.append(future(1 if "call" in kind else -1, spot, "IT", seconds=MONTH, mark_price=spot))
    return legs, premiums


FORMULAS = {"Hyperliquid portfolio margin (ratio)": lending_ratio,
            "CBOE / Reg-T strategy-based margin (per share)": strategy}
