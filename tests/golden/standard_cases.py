"""Cases of Derive's standard manager: cross margin by rules, options of an expiry at no more than their greatest loss,
and doubts about the coin and the feeds on top of initial margin.

Options count nothing in equity here: the net margin is cash, coins and what perpetuals have made, less the requirement.
"""

import numpy as np

from risk_core.margin import contingency
from risk_core.margin.account_value import option_value
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from risk_core.rulebooks.tiers import Step
from tests.core.books import DAY, cash, coin, document, instant

ALONE = 30 * DAY
"""Time to expiry where a case prices its options itself and states none."""


def name(number):
    return f"COIN{number}"


def expiry(one):
    return instant(one.get("seconds_to_expiry", ALONE))


def option(number, one, held):
    """A leg of a case; one without price or volatility is long and charged by its strike alone."""
    priced = {"mark_price": held["mark"]} if held.get("mark") is not None else {"iv": held.get("vol", 0.5)}
    return {"kind": "option", "underlying": name(number), "settlement": "linear", "type": held["type"],
            "strike": held["strike"], "expiry": expiry(one), "quantity": held["qty"]} | priced


def perpetual(one):
    """(size, price, confidence, unrealised profit) of a market's perpetual."""
    held = one.get("perp", {})
    return (held.get("qty", one.get("perp_qty", 0.0)), held.get("price", one.get("perp_price", 0.0)),
            held.get("confidence", one.get("perp_confidence", 1.0)), held.get("unrealised_value", 0.0))


def account(inputs):
    """The account of a case: a coin for each market, its own units of it as collateral."""
    legs, market, balances = [], {}, [cash(inputs["cash"])]
    for number, one in enumerate(inputs["markets"]):
        forwards = [{"expiry": expiry(at), "price": at["forward"]} for at in one.get("expiries", ())]
        market[name(number)] = {"price": one["spot"], "forwards": forwards}
        legs += [option(number, at, held) for at in one.get("expiries", ()) for held in at["options"] if held["qty"]]
        size, price, _, made = perpetual(one)
        if size:
            legs.append({"kind": "perpetual", "underlying": name(number), "settlement": "linear", "quantity": size,
                         "mark_price": price, "entry_price": price - made / size})
        balances.append(coin(name(number), one.get("base_qty", 0.0)))
    return read_document(document(legs, balances, market))


def rules(params):
    """The shipped rules with a case's parameters, unchecked: cases try values no rulebook may have."""
    base = load.load("derive-style").rules
    given = params.get("option", params | {"mm_call_spot": params.get("mm_spot"), "unpaired_im_scale": params.get("unpaired_im"),
                                           "unpaired_mm_scale": params.get("unpaired_mm")})
    rates = {given[key] for key in ("mm_call_spot", "mm_put_spot", "mm_put_mtm") if key in given}
    if len(rates) > 1:
        raise NotImplementedError("one maintenance rate of calls, puts and marks is all a rulebook says")
    options = base.options.model_copy(update={
        "initial_rate": given["max_spot_req"], "initial_floor": given["min_spot_req"], "maintenance_rate": rates.pop(),
        "put_initial_least": given.get("mm_offset_scale", base.options.put_initial_least), "own_rates": (),
        "unpaired_calls": {"initial": given["unpaired_im_scale"], "maintenance": given["unpaired_mm_scale"]}})
    step = Step.model_construct(start=0.0, initial=params["perp_im"], maintenance=params["perp_mm"])
    kept, further = params.get("base_mm_factor", 1.0), params.get("base_im_scale", 1.0)
    names = [name(number) for number in range(9)]
    collateral = base.collateral.model_copy(update={
        "haircuts": {"USD": 0.0} | dict.fromkeys(names, 1.0 - kept),
        "initial_haircuts": dict.fromkeys(names, 1.0 - further)})
    tiers = base.tiers.model_copy(update={"steps": (step,), "own_steps": ()})
    return base.model_copy(update={"options": options, "collateral": collateral, "tiers": tiers})


def doubts(inputs):
    """What doubts about the coin and the feeds add to initial margin, dollars."""
    params = inputs["parameters"]
    oracle = params.get("oracle", {})
    scale = oracle.get("factor", params.get("confidence_scale"))
    price = inputs.get("stable_price", inputs.get("usdc"))

    def doubted(kind, sure, spot, size):
        threshold = oracle.get(f"{kind}_threshold", params.get("confidence_threshold"))
        return contingency.feed_in_doubt(sure, spot, size, scale, threshold)

    out = 0.0
    for one in inputs["markets"]:
        spot, at = one["spot"], one.get("spot_confidence", 1.0)
        size, _, sure, _ = perpetual(one)
        out += doubted("perp", min(at, sure), spot, abs(size)) + doubted("base", at, spot, one.get("base_qty", 0.0))
        short = 0.0
        for when in one.get("expiries", ()):
            mine = -sum(min(held["qty"], 0.0) for held in when["options"])
            feeds = [at, when.get("forward_confidence", 1.0), when.get("vol_confidence", 1.0)]
            out += doubted("option", min(feeds), spot, mine)
            short += mine
        out += contingency.depeg(price, params["depeg_threshold"], params["depeg_factor"], spot, short + abs(size))
    return out


def figures(inputs, _):
    read = account(inputs)
    holding = hold(read, rules(inputs["parameters"]), MODES["cross"])
    now, nets = holding.now, holding.nets
    equity, withheld, initial, maintenance = (float(part.sum()) for part in (
        now.equity, now.withheld, now.initial, now.maintenance))
    worth = float(np.sum(nets.quantity * option_value(read)[nets.instrument]))
    coins = sum(one["spot"] * one.get("base_qty", 0.0) for one in inputs["markets"])
    made = sum(perpetual(one)[3] for one in inputs["markets"])
    return {"im": equity - withheld - initial - doubts(inputs), "mm": equity - maintenance,
            "mtm": inputs["cash"] + coins + made + worth}


FORMULAS = {"Derive SRM (rule-based standard margin)": figures, "Derive standard margin (documentation example)": figures}
