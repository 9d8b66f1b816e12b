"""Cases of Derive's portfolio managers: a case's inputs become an account and rules, the engine does the arithmetic.

Amounts of these cases are in the venue's dollar coin, so prices of collateral are divided by that coin's price here.
"""

from dataclasses import replace

import numpy as np

from risk_core.margin.account_value import option_value
from risk_core.margin.balances import collateral_value
from risk_core.margin.holding import hold
from risk_core.margin.methods.demand import Pool
from risk_core.margin.methods.scenarios import aggregate
from risk_core.margin.models import MODES
from risk_core.margin.pools import pools
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from risk_core.rulebooks.portfolio_rows import Cancelling, ExtendedRow, Peg
from tests.core.books import YEAR, cash, coin, document, instant

STATES = {"up": "up", "none": "same", "down": "down", "skew_linear": "skew", "skew_abs": "wings"}
COIN = "COIN"
NO_FLOOR = 1e-6
"""Days of the least floor of days that can be computed with; where a case has none."""


def market(inputs, conf):
    """The underlying of a case; conf: confidence of an expiry."""
    forwards = [{"expiry": expiry(one), "price": one["forward_variable"] + one["forward_fixed"],
                 "rate": max(one["rate"], 0.0), "confidence": conf(one),
                 "fixed_share": one["forward_fixed"] / (one["forward_variable"] + one["forward_fixed"])}
                for one in inputs["expiries"]]
    return {COIN: {"price": inputs["spot"], "confidence": inputs["spot_confidence"],
                   "perpetual_confidence": inputs["perp"]["confidence"], "forwards": forwards}}


def expiry(one):
    return instant(max(one["seconds_to_expiry"], 1))


def legs(inputs, unrealised, funding=0.0):
    held = [{"kind": "option", "underlying": COIN, "settlement": "linear", "type": option["type"],
             "strike": option["strike"], "iv": option["vol"], "expiry": expiry(one), "quantity": option["qty"]}
            for one in inputs["expiries"] for option in one["options"] if option["qty"]]
    perp = inputs["perp"]
    if perp["qty"]:
        held.append({"kind": "perpetual", "underlying": COIN, "settlement": "linear", "quantity": perp["qty"],
                     "mark_price": perp["price"], "entry_price": perp["price"] - unrealised / perp["qty"],
                     "unsettled_funding": funding})
    return held


def account(inputs, doc):
    """The account; options that have expired and are not settled yet are 0 seconds from expiry."""
    read = read_document(doc)
    over = {expiry(one) for one in inputs["expiries"] if one["seconds_to_expiry"] == 0}
    ins = read.instruments
    gone = np.array([key.kind == "option" and instant((key.expiry - read.market.as_of).total_seconds()) in over
                     for key in ins.keys], dtype=bool)
    now = replace(ins, years=np.where(gone, 0.0, ins.years), unit=np.where(gone, 1.0, ins.unit))
    return replace(read, instruments=now)


def ruled(name, haircuts=None, **changes):
    """The shipped rules with a case's parameters. They go in unchecked: cases try values no rulebook may have."""
    rules = load.load(name).rules
    plain = {"moves": (), "own_moves": (), "own_extended_rows": (), "own_rates": ()}
    kept = rules.collateral.model_copy(update={"other_haircut": 0.0, **(haircuts or {})})
    return rules.model_copy(update={"portfolio": rules.portfolio.model_copy(update=plain | changes), "collateral": kept})


def shocks(params):
    """Rows and volatility rule of a case; a skew that comes with a price move is no row of the venue's."""
    shock = params["vol_shock"]
    rows = [ExtendedRow.model_construct(move=row[0] - 1.0, volatility=STATES[row[1]], weight=float((*row, 1.0)[2]), days=0.0)
            for row in params["scenarios"] if row[0] == 1 or not row[1].startswith("skew")]
    return {"extended_rows": tuple(rows), "volatility_up": shock["range_up"], "volatility_down": shock["range_down"],
            "short_power": shock["short_term_power"], "long_power": shock["long_term_power"],
            "floor_days": max(shock["dte_floor_days"], NO_FLOOR),
            "least_volatility_up": shock.get("min_vol_after_up_shock", 0.0)}


def common(params):
    """Basis, coin below par and doubted feeds of a case."""
    basis, other = params["basis"], params["other"]
    return {"basis_moves": (basis["shock_down"] - 1.0, basis["shock_up"] - 1.0), "basis_rate": basis["add_factor"],
            "basis_rate_per_year": basis["mult_factor"], "confidence_threshold": other["confidence_threshold"],
            "confidence_scale": other["confidence_margin"],
            "pegs": (Peg.model_construct(asset="USDC", threshold=other["peg_threshold"], factor=other["peg_factor"]),)}


def figures(read, rules):
    """Net margins and what they are made of; options are worth here what the scenarios take them for."""
    holding = hold(read, rules, MODES["portfolio"])
    now, nets = holding.now, holding.nets
    equity = float(now.equity.sum())
    pool = Pool(read, np.bincount(nets.instrument, nets.quantity, len(read.instruments.keys))[None],
                np.ones((1, len(read.underlyings))), read.collateral.amount)
    book = aggregate.book(pool, rules.portfolio, 0)
    worth = float(nets.quantity @ option_value(read)[nets.instrument])
    return {"im": equity - float(now.withheld.sum()) - float(now.initial.sum()), "mm": equity - float(now.maintenance.sum()),
            "basis_contingency": -float(book.basis[0]), "scenario_pnl": book.profit[0].tolist(),
            "option_mtm": worth, "equity": equity}


def second_manager(inputs, _):
    """Portfolio manager 2: haircuts of collateral are in equity, everything else is asked."""
    params, held = inputs["parameters"], inputs["collaterals"]
    perp, stable = inputs["perp"], inputs["stable_price"]
    doc = document(legs(inputs, perp["unrealised_pnl"], perp["unrealised_funding"]),
                   [cash(inputs["cash"]), *(coin(one["name"], one["qty"]) for one in held)],
                   market(inputs, lambda one: min(one["confidence"].values())),
                   assets={"USDC": stable} | {one["name"]: one["price"] / stable for one in held},
                   confidence={one["name"]: min(one["confidence"], inputs["spot_confidence"]) for one in held})
    other, margin = params["other"], params["margin"]
    skew = {key.replace("linear", "skew").replace("abs_", "wings_").replace("sqrt_t", "slope").replace("_base", ""): value
            for key, value in params["skew"].items() if "cap" in key}
    rules = ruled(
        "derive-pm2", haircuts(held), **shocks(params), **common(params), **skew,
        skew_least_width=params["skew"]["min_k_star"], skew_width=params["skew"]["width_scale"],
        skew_volatility=params["skew"]["vol_static"], skew_volatility_slope=params["skew"]["vol_sqrt_t"],
        positive_factor=margin["base_static_discount_pos"], negative_factor=margin["base_static_discount_neg"],
        positive_rate_multiple=margin["pos_rate_mult"], positive_rate_added=margin["pos_rate_add"],
        negative_rate_multiple=margin["neg_rate_mult"], negative_rate_added=margin["neg_rate_add"],
        initial_factor=margin["im_factor"], maintenance_factor=margin["mm_factor"],
        perpetual_maintenance=other["mm_perp"], perpetual_initial=other["mm_perp"] + other["im_extra_perp"],
        naked_maintenance=other["mm_short_option"], naked_initial=other["mm_short_option"] + other["im_extra_short_option"],
        risk_cancelling=tuple(Cancelling(asset=one["name"], underlying=COIN) for one in held if one["risk_cancelling"]))
    read = account(inputs, doc)
    found = figures(read, rules)
    full, counted = (collateral_value(read, one, pools(read, one))[0][0]
                     for one in (ruled("derive-pm2", {"haircuts": {}}), rules))
    asked = {part.key: float(part.maintenance[0]) for part in hold(read, rules, MODES["portfolio"]).now.demand.parts}
    beside = sum(value for key, value in asked.items() if key != "portfolio.moves")
    return found | {"mtm": found["equity"] + full - counted, "collateral_mtm": full - inputs["cash"],
                    "mm_contingency_total": beside + full - counted}


def haircuts(held):
    """Haircuts of maintenance and the further ones of initial margin, as shares of what is left."""
    left = {one["name"]: 1.0 - one["mm_haircut"] for one in held}
    return {"haircuts": {one["name"]: one["mm_haircut"] for one in held},
            "initial_haircuts": {one["name"]: one["im_extra_haircut"] / left[one["name"]] for one in held if left[one["name"]]}}


def first_manager(inputs, _):
    """Portfolio manager 1: one coin beside the positions, options without discount."""
    params, perp = inputs["parameters"], inputs["perp"]
    other, margin = params["other"], params["margin"]
    doc = document(legs(inputs, perp["unrealised_value"]), [cash(inputs["cash"]), coin("BASE", inputs["base_qty"])],
                   market(inputs, sure), assets={"USDC": inputs["stable_price"],
                                                 "BASE": inputs["spot"] / inputs["stable_price"]},
                   confidence={"BASE": perp["confidence"] if perp["qty"] else 1.0})
    rules = ruled("derive-pm1", {"haircuts": {}}, **shocks(params), **common(params),
                  positive_factor=margin["base_static_discount"], positive_rate_multiple=margin["rate_mult"],
                  positive_rate_added=margin["rate_add"], initial_factor=margin["im_factor"],
                  maintenance_factor=margin["mm_factor"], perpetual_maintenance=other["perp_pct"],
                  naked_maintenance=other["short_option_pct"], cancelling_rate=other["base_pct"],
                  risk_cancelling=(Cancelling(asset="BASE", underlying=COIN, charged_on="index"),))
    read = account(inputs, doc)
    ins = read.instruments
    found = figures(replace(read, instruments=replace(ins, unit=np.where(ins.is_option, 1.0, ins.unit))), rules)
    return {key: value for key, value in found.items() if key != "option_mtm"} | {"mtm": found["equity"]}


def sure(one):
    """Confidence of an expiry of manager 1: its least sure feed."""
    return min(*one["confidence"].values(), *(option["vol_confidence"] for option in one["options"]))


PAGE_RATE, PAGE_FACTOR, PAGE_ADDED = 0.04, 0.95, 0.12
"""The documents' example: every profit times factor × e^-(rate × T + added), which the contract does not do."""


def page(inputs, options):
    """Account and rules of the documents' example, whose rows all count alike."""
    weight = inputs.get("page_discount_on_pnl", 1.0)
    seconds = inputs.get("seconds_to_expiry")
    if seconds is None:
        seconds = round((-np.log(weight / PAGE_FACTOR) - PAGE_ADDED) / PAGE_RATE * YEAR)
    at = instant(seconds)
    sure = inputs.get("forward_confidence", 1.0)
    coin_price = {COIN: {"price": inputs.get("spot", inputs["forward"]), "forwards": [
        {"expiry": at, "price": inputs["forward"], "rate": PAGE_RATE, "confidence": sure}]}}
    held = [{"kind": "option", "underlying": COIN, "settlement": "linear", "type": one["type"], "strike": one["strike"],
             "iv": one["vol"], "expiry": at, "quantity": one["qty"]} for one in options]
    rules = ruled("derive-pm1", **shocks({"vol_shock": inputs["vol_shock"], "scenarios": [
        [*row, weight] for row in inputs["scenarios"]]}), positive_factor=1.0, positive_rate_multiple=0.0,
        positive_rate_added=0.0, basis_moves=(), option_discount="as valued")
    return read_document(document(held, 0, coin_price, assets={"USDC": inputs.get("stable_price", 1.0)})), rules


def page_legs(inputs, _):
    """Each option of the documents' example by itself."""
    out = {}
    for one in inputs["options"]:
        found = figures(*page(inputs, [one]))
        out |= {f"{one['type']}_pnl": found["scenario_pnl"], f"{one['type']}_mark": found["option_mtm"] / one["qty"]}
    return out


def page_margin(inputs, _):
    """The margin of the documents' example; its value of the account is stated, with digits of its own."""
    read, rules = page(inputs, inputs["options"])
    params = inputs["parameters"]
    changes = {"naked_maintenance": params["option_pct"], "initial_factor": params["im_factor"],
               "confidence_threshold": params["confidence_threshold"], "confidence_scale": params["confidence_scale"],
               "pegs": (Peg(asset="USDC", threshold=params["peg_threshold"], factor=params["peg_factor"]),)}
    found = figures(read, rules.model_copy(update={"portfolio": rules.portfolio.model_copy(update=changes)}))
    rest = inputs["mtm"] - found["equity"]
    return {"mm": found["mm"] + rest, "im": found["im"] + rest, "scenario_pnl": found["scenario_pnl"],
            "max_loss": min(found["scenario_pnl"])}


FORMULAS = {"Derive PMRM_2 (portfolio margin)": second_manager, "Derive PMRM v1 (portfolio margin)": first_manager,
            "Derive PMRM v1 (documentation example, shocked option legs)": page_legs,
            "Derive PMRM v1 (documentation example, page algorithm)": page_margin}
