"""Cases of margin by sensitivities: a list of amounts by product class, risk type, qualifier, bucket and tenor."""

import numpy as np

from risk_core.margin.methods.sensitivities.simm import Sensitivity, margin
from risk_core.rulebooks import load

RISKS = {"Risk_FX": ("fx", "delta"), "Risk_FXVol": ("fx", "vega"), "Risk_Equity": ("equity", "delta"),
         "Risk_EquityVol": ("equity", "vega"), "Risk_Commodity": ("commodity", "delta"),
         "Risk_CommodityVol": ("commodity", "vega")}
DAYS = {"w": 7.0, "m": 365.0 / 12.0, "y": 365.0}
INDICES = ("equity", "12")
"""The bucket of volatility indices, which has no curvature."""
GROUPS = {"RR": "regular regular", "RH": "regular high", "HH": "high high"}


def simm(inputs, *_):
    """Margin of the amounts under the shipped rulebook, with the parameters the case states laid over it."""
    if inputs.get("calculation_currency", "USD") != "USD":
        raise NotImplementedError("the unit of account is USD, and so is the calculation currency")
    stated = overrides(inputs["parameters"]) if "parameters" in inputs else {}
    rules = load.override(load.load("simm"), {"sensitivities": stated}).rules.sensitivities
    held = inputs["sensitivities"]
    amount = np.array([[one["amount_usd"] for one in held]], dtype=float)
    return {"im": float(margin(rules, [column(one) for one in held], amount).total[0])}


def column(one):
    risk, measure = RISKS[one["risk_type"]]
    days = float(one["tenor"][:-1]) * DAYS[one["tenor"][-1]] if measure == "vega" else float("nan")
    return Sensitivity(one["product_class"], risk, measure, one["qualifier"], one["bucket"] if risk != "fx" else "", days)


def overrides(stated):
    """The parameter block of a case in the rulebook's own keys."""
    out = {}
    for risk in ("equity", "commodity"):
        table = stated[risk]
        names = [name for name in table["rw"] if name != "Residual"]
        out[f"{risk}_buckets"] = [
            {"bucket": name, "weight": float(table["rw"][name]), "vega_weight": table["vrw"][name],
             "correlation": table["rho"].get(name, 0.0), "threshold": table["T"][name],
             "vega_threshold": table["VT"][name], "curvature": "no" if (risk, name) == INDICES else "yes"} for name in table["rw"]]
        out[f"{risk}_between"] = [
            {"first": a, "second": b, "correlation": table["gamma"][i][j]}
            for i, a in enumerate(names) for j, b in enumerate(names) if i < j]
        out[f"{risk}_vega_ratio"] = table["hvr"]
    fx = stated["fx"]
    category = {name: number for number in ("1", "2") for name in fx[f"cat{number}"]}
    out["currencies"] = [{"currency": name, "category": category.get(name, "3"),
                          "volatility": "high" if name in fx["high"] else "regular"}
                         for name in sorted({*category, *fx["high"]})]
    tables = {"fx_weights": "rw", "fx_regular_correlations": "rho_regular_calc", "fx_high_correlations": "rho_high_calc"}
    out |= {ours: {GROUPS[group]: value for group, value in fx[theirs].items()} for ours, theirs in tables.items()}
    out |= {"fx_thresholds": fx["T"], "fx_vega_weight": fx["vrw"], "fx_vega_ratio": fx["hvr"],
            "fx_vega_correlation": fx["rho_vega"], "fx_vega_thresholds": fx["VT"]}
    out["between_classes"] = {pair.replace("-", " "): value for pair, value in stated["psi"].items()}
    return out


FORMULAS = {"ISDA SIMM 2.5 (delta/vega/curvature, 10-day)": simm}
