"""Cases of options: a case's inputs become an account under its venue's conventions; the core does the arithmetic."""

import numpy as np

from risk_core.margin import contingency, orders
from risk_core.margin.account_value import option_value
from risk_core.margin.charges import expiry_offset, options
from risk_core.margin.charges.short_options import Options
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks.load import load, resolve
from tests.core.books import YEAR, cash, document, instant
from tests.golden import books, shipped

SPOT = ("spot", "index", "index_price", "underlying_mark", "underlying_price", "spot_price")
BALANCE = (*books.WALLETS, "margin_balance", "equity")
HIGHER = {"put_floor_on": "index", "put_maintenance_on": "higher of index and mark", "put_initial_least": 1.0}
WITHOUT_RULEBOOK = {
    "Gate": {"put_floor_on": "index plus mark", "put_maintenance_on": "index plus mark"},
    "Aevo": HIGHER | {"maintenance_rate": 0.1},
}
"""Conventions of options at venues whose options no shipped rulebook covers; any other: `HIGHER`."""
PARAMS = {
    "initial_rate": ("im_max", "initial_rate", "im_rate", "r2", "b"),
    "initial_floor": ("im_min", "initial_floor", "im_floor", "r1", "a"),
    "maintenance_rate": ("mm", "mm_call", "maintenance_rate", "mm_rate", "mmr", "r3", "c"),
    "put_initial_least": ("mm_offset",),
    "liquidation_fee": ("liquidation_fee", "liquidation_fee_rate", "liq_fee_rate"),
}
INITIAL_SHARE = ("im_scale", "im_factor", "im_collateral_factor", "im_weight")
"""How much less of a balance counts where initial margin is measured."""
CASE_OF_DOCS = 2_100.0
"""ETH in the examples of Derive's "Standard Margin" (stated in its example 2), which example 4 leaves out."""


def option_rules(inputs, venue):
    """The rates a case states; where no rulebook is shipped, over the conventions of its venue."""
    run = books.running(inputs)
    rules = {} if run.shipped else dict(
        next((found for name, found in WITHOUT_RULEBOOK.items() if venue.startswith(name)), HIGHER))
    params = {**inputs, **inputs.get("params", {})}
    if len({params[key] for key in ("mm", "mm_call", "mm_put", "mm_put_mtm") if key in params}) > 1:
        raise NotImplementedError("one maintenance rate of calls, puts and marks is all a rulebook says")
    for name, aliases in PARAMS.items():
        found = books.stated(params, aliases)
        if found is not None:
            rules[name] = found
    if run.shipped and rules.keys() & {"initial_rate", "initial_floor", "maintenance_rate"}:
        own = load(run.base).rules.options.own_rates
        mine = {underlying(one) for one in inputs["positions"]}
        if mine & {row.underlying for row in own}:
            rules["own_rates"] = [row.model_dump() for row in own if row.underlying not in mine]
    if "unpaired_scale" in inputs:
        rules["unpaired_calls"] = {"initial": inputs["unpaired_scale"]["im"], "maintenance": inputs["unpaired_scale"]["mm"]}
    if "margin_factor" in inputs:
        rules["size_steps"] = [{"from": 0, "factor": inputs["margin_factor"]}]
    return rules


def underlying(held):
    """The coin of an option's symbol: ETH of ETH-C-1800."""
    return shipped.coin(held["symbol"].split(" ")[0].split("-")[0]) if held.get("symbol") else "COIN"


def is_call(held):
    return held["call"] if "call" in held else held.get("option_type", held.get("side_type")) == "call"


def leg(held, inputs, name, spot):
    """One position of a case; an option without strike lies as far out of the money as the case says."""
    if held["type"] != "option":
        return books.position(held, inputs, name, isolated=False)
    out = inputs.get("otm_amount", 0.0)
    strike = held.get("strike") or (spot + out if is_call(held) else spot - out)
    size = held["size"] * inputs.get("contract_multiplier", 1.0)
    made = {"id": name, "kind": "option", "underlying": underlying(held), "type": "call" if is_call(held) else "put", "strike": strike,
            "settlement": "inverse" if in_coin(inputs) else "linear", "expiry": expiry(inputs),
            "quantity": size if held["side"] == "long" else -size}
    for key, name_of in (("mark", "mark_price"), ("iv", "iv")):
        if held.get(key) is not None:
            made[name_of] = held[key]
    return made


def in_coin(inputs):
    """Coin-margined options print marks of far less than a dollar beside an underlying worth thousands."""
    marks = [held["mark"] for held in inputs["positions"] if held["type"] == "option" and held.get("mark") is not None]
    return "underlying_mark" in inputs and bool(marks) and max(marks) < 1.0 < books.stated(inputs, SPOT)


def expiry(inputs):
    return instant(round(inputs.get("time_to_expiry_years", 30 / 365) * YEAR))


def account(inputs, venue):
    """The account and rules of a case."""
    held = inputs["positions"]
    spot = books.stated(inputs, SPOT)
    names = {one["symbol"]: one for one in held if one["type"] != "option"}
    steps = [step for name, one in names.items() for step in books.tiers(one, name)]
    kept = inputs.get("collateral", []) if isinstance(inputs.get("collateral", []), list) else []
    run, priced = books.running(inputs), [one for one in held if one["type"] != "option"]
    rules = {"options": option_rules(inputs, venue) if len(priced) < len(held) else {},
             "tiers": shipped.own_tiers(run, priced, steps),
             "collateral": {"haircuts": {one["asset"]: 1.0 - one["collateral_factor"] for one in kept},
                            "initial_haircuts": {one["asset"]: 1.0 - books.stated(one, INITIAL_SHARE) for one in kept
                                                 if books.stated(one, INITIAL_SHARE) is not None}}}
    market = {name: {"price": books.mark(one)} for name, one in names.items()}
    for name in {underlying(one) for one in held if one["type"] == "option"}:
        market[name] = {"price": spot, "volatility": 1.0}
        if inputs.get("forward"):
            market[name]["forwards"] = [{"expiry": expiry(inputs), "price": inputs["forward"]}]
    balances = [{"asset": one["asset"], "amount": one["balance"]} for one in kept]
    numbers = {name: value for name, value in inputs.items() if isinstance(value, int | float)}
    balances.append(cash(books.stated(numbers, BALANCE) or 0.0))
    doc = document((), balances, market, run.rules(rules),
                   assets={one["asset"]: one["price"] for one in kept if one["asset"] not in market})
    doc["positions"] = [leg(one, inputs, f"{i}", spot) for i, one in enumerate(held)]
    if inputs.get("unsettled_funding"):
        next(one for one in doc["positions"] if one["kind"] != "option")["unsettled_funding"] = inputs["unsettled_funding"]
    read = read_document(doc)
    return read, resolve(read.rules).rules


def figures(inputs, _, venue):
    if not inputs["positions"]:
        return order_margins(inputs)
    read, rules = account(inputs, venue)
    holding = hold(read, rules, MODES["cross"])
    now = holding.now
    equity, initial, maintenance = (float(part[0].sum()) for part in (now.equity, now.initial, now.maintenance))
    usable = equity - float(now.withheld.sum())
    held = np.flatnonzero(read.instruments.is_option[holding.nets.instrument])
    value = float(holding.nets.quantity[held] @ option_value(read)[holding.nets.instrument[held]])
    inside = value if holding.counts_option_value else 0.0
    own = [inside - float(part[0, held].sum()) for part in (now.by_net.initial, now.by_net.maintenance)]
    unit = books.stated(inputs, SPOT) if held.size and in_coin(inputs) else 1.0
    sizes = sum(abs(one["size"]) for one in inputs["positions"])
    return {"initial_margin_excess": usable - initial, "maintenance_margin_excess": equity - maintenance,
            "option_im": own[0], "option_mm": own[1], "mark_value": value, "position_margin": initial / unit,
            "initial_margin": initial / unit, "maintenance_margin": maintenance / unit,
            "initial_margin_per_unit": initial / unit / sizes, "maintenance_margin_per_unit": maintenance / unit / sizes,
            **{key: part / equity for key, part in (("account_im_rate", initial), ("account_mm_rate", maintenance))
               if equity > 0}}


def greatest_loss(inputs, formula, venue):
    """By the loss at expiry; where the case prices its options, the lower of it and the single charges."""
    if any(one.get("iv") is not None or one.get("mark") is not None for one in inputs["positions"]):
        return figures(inputs, formula, venue)
    read, rules = account(inputs, venue)
    holding = hold(read, rules, MODES["cross"])
    held = Options(read, holding.nets, options.charged(read, holding.nets, rules.options), rules.options)
    equity = float(holding.now.equity.sum()) - (
        float(held.nets.quantity[held.at] @ option_value(read)[held.nets.instrument[held.at]])
        if holding.counts_option_value else 0.0)
    found = {side: sum(expiry_offset.greatest_loss(held, side, np.arange(len(held.at)))) for side in ("initial", "maintenance")}
    return {f"{side}_margin_excess": equity - loss for side, loss in found.items()}


def order_margins(inputs, *_):
    """Margins of orders by contract: prices are of one unit of the underlying, `contract_multiplier` units a contract."""
    count, multiple, fee = inputs["contracts"], inputs.get("contract_multiplier", 1.0), inputs.get("fee_per_contract", 0.0)
    margin = books.stated(inputs, ("position_margin_per_contract", "seller_position_margin_per_contract"))
    out = {}
    if "sell_to_close_price" in inputs:
        out["sell_to_close_margin"] = orders.sell_to_close(count, multiple * inputs["sell_to_close_price"], fee)
    if "buy_to_close_price" in inputs:
        out["buy_to_close_margin"] = orders.buy_to_close(count, multiple * inputs["buy_to_close_price"], fee, margin)
    if "order_price" in inputs:
        price, least = multiple * inputs["order_price"], multiple * inputs.get("min_order_margin", 0.0)
        out["order_margin"] = orders.buy_to_open(count, price, fee) if margin is None \
            else orders.sell_to_open(count, price, fee, margin, least)
    return out


def doubts(inputs, _, venue):
    """Excesses with the contingencies of initial margin; the options' margin is stated, so they are not held here."""
    read, rules = account({**inputs, "positions": [one for one in inputs["positions"] if one["type"] != "option"]}, venue)
    now = hold(read, rules, MODES["cross"]).now
    perps = [(books.mark(one), one["size"]) for one in inputs["positions"]]
    shorts = [(books.stated(inputs, SPOT) or CASE_OF_DOCS, inputs["short_options_eth"])] if "short_options_eth" in inputs else []
    depeg = [contingency.depeg(inputs["usdc_price"], inputs["depeg_threshold"], inputs["depeg_factor"], spot, size)
             for spot, size in (*shorts, *perps)]
    oracle = sum(contingency.feed_in_doubt(inputs["perp_confidence"], spot, size) for spot, size in perps)
    option = inputs.get("option_margin", 0.0)
    equity = float(now.equity.sum()) + option
    return {"oracle_contingency": -oracle, "depeg": [-one for one in depeg],
            "initial_margin_excess": equity - float(now.initial.sum()) - oracle - sum(depeg),
            "maintenance_margin_excess": equity - float(now.maintenance.sum())}


FORMULAS = {"OPTION_SM": figures, "OPTION_SM_MAXLOSS": greatest_loss, "OPTION_PREMIUM_FEE": order_margins,
            "CONTINGENCY": doubts}
