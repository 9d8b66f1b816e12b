"""Cases of venues' scenario scans and of the charges beside them: inputs become an account and rules, the engine computes.

Rules of a case are the shipped ones of its system with the parameters it states. What no account can say, such as a
printed risk array or a charge by itself, is given to the engine's own functions.
"""

import numpy as np

from risk_core.margin import orders
from risk_core.margin.charges import open_interest
from risk_core.margin.methods import choose
from risk_core.margin.methods.addons import positions
from risk_core.margin.methods.addons.exposure import Exposure
from risk_core.margin.methods.addons.tally import Tally
from risk_core.margin.methods.addons.tiered_minimum import stepped
from risk_core.margin.methods.demand import Demand, Part, Pool
from risk_core.margin.methods.scenarios import aggregate, profits
from risk_core.margin.methods.scenarios import demand as scenarios
from risk_core.margin.methods.scenarios.rows import table
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from risk_core.rulebooks.addon_rows import DeltaMinimum, MinimumStep
from tests.core.books import DAY, coin, document, future, option, perpetual
from tests.golden import future_cases, option_cases, order_cases

COIN = "COIN"
OWN = {"portfolio.own_moves": [], "portfolio.own_extended_rows": [], "portfolio.own_rates": []}
PLAIN_ADDONS = {"addons.term_move": [], "addons.delta_shock": [], "addons.tiered_minimum": [], "addons.delta_minimum": [],
                "addons.short_options": [], "addons.futures_rate": [], "addons.delta_spread": []}


def ruled(name, changes):
    """The shipped rules without tables by underlying, with a case's values; keys the rulebook lacks are left out."""
    base = load.load(name)
    every = {**OWN, **PLAIN_ADDONS, **changes}
    return load.override(base, {key: value for key, value in every.items() if key in base.parameters}).rules


def pool(account):
    held = np.bincount(account.book.instrument, account.book.quantity, len(account.instruments.keys))
    return Pool(account, held[None], np.ones((1, len(account.underlyings))), account.collateral.amount)


def account(legs, index, collateral=(), **market):
    block = {"price": index, "volatility": 1.0, **market.pop("block", {})}
    return read_document(document(legs, list(collateral), {COIN: block}, **market))


def asked(held, rules, side="maintenance"):
    """The demand of a pool and what each parameter asks of it."""
    found = choose.demand(held, rules)
    parts = {}
    for part in found.parts:
        parts[part.key] = parts.get(part.key, 0.0) + float(getattr(part, side)[0])
    return found, parts


# Deribit ----------------------------------------------------------------------------------------------------------

def simulated(inputs, _):
    """The risk matrix of inverse legs, in coin: profits of rows, aggregate, shocks, margins."""
    index, params = inputs["index"], inputs["parameters"]
    legs = [inverse(one) for one in inputs["positions"]]
    held = pool(account(legs, index))
    rules = ruled("deribit-pm", deribit(params))
    alone = [in_coin(pool(account([leg], index)), rules, index, whole=True) for leg in legs]
    rows = in_coin(held, rules, index, whole=False)
    found, parts = asked(held, rules, "initial")
    initial, maintenance = (float(side[0]) / index for side in (found.initial, found.maintenance))
    edge = {"future_row_ends": [row[0][i] for i in (0, -1)] for one, row in zip(inputs["positions"], alone, strict=True)
            if one["days_to_expiry"] is not None}
    perpetual_rows = [row[0] for one, row in zip(inputs["positions"], alone, strict=True) if one["days_to_expiry"] is None]
    return {**edge, "perpetual_row": perpetual_rows[0] if perpetual_rows else None, "per_instrument": [row[0] for row in alone],
            "aggregated_standard": rows[0], "aggregated_extended": rows[1],
            "worst_case": parts.get("portfolio.moves", 0.0) / index, "roll_shock": parts.get("addons.term_move", 0.0) / index,
            "delta_shock": parts.get("addons.delta_shock", 0.0) / index, "risk_matrix_margin": initial,
            "im": initial + inputs.get("mmp_margin", 0.0) + inputs.get("open_orders_margin", 0.0), "mm": maintenance}


def inverse(one):
    """A leg whose coin delta is printed: its face is that times the mark."""
    face, mark = one["qty_coin"] * one["mark"], one["mark"]
    if one["days_to_expiry"] is None:
        return perpetual(face, mark, COIN, "inverse", mark_price=mark)
    return future(face, mark, COIN, "inverse", seconds=round(one["days_to_expiry"] * DAY), mark_price=mark)


def deribit(params):
    edge, steps = params["price_range"], params["price_buckets_each_side"]
    return {
        "portfolio.moves": [edge * i / steps for i in range(-steps, steps + 1)],
        "portfolio.volatility_up": params["vol_range_up"], "portfolio.volatility_down": params["vol_range_down"],
        "portfolio.least_volatility_up": params.get("min_vol_up") or 0.0,
        "portfolio.extended_rows": [{"move": move, "volatility": "up", "weight": params["extended_table_factor"]}
                                    for move in params["extended_moves"]],
        "portfolio.extended_dampener": float(params["extended_dampener_usd"]), "portfolio.gains_share": params["pnl_offset"],
        "portfolio.gains_cap": float(params["max_offsetable_pnl_usd"]), "portfolio.maintenance_factor": params["mm_factor"],
        "addons.term_move": [{"initial": 1.0, "maintenance": params["mm_factor"], "yearly": params["annualised_move_risk"],
                              "least_move": params["min_annualised_move"], "perpetual": params["min_annualised_move"],
                              "compounding": "continuous", "delta": "less premium"}],
        "addons.delta_shock": [{"initial": 1.0, "maintenance": params["mm_factor"], "slope": params["m_inc"],
                                "threshold": params["delta_total_threshold_usd"], "most": params["max_delta_shock"]}]}


def in_coin(held, rules, index, *, whole):
    """Profits of the buckets and of the extended rows, coin; whole: before gains count in part."""
    own = rules.portfolio.model_copy(update={"gains_share": 1.0, "gains_cap": 1e18}) if whole else rules.portfolio
    book = aggregate.book(held, own, 0)
    rows = table(own).rows
    same = [float(book.profit[0, k]) / index for k, row in enumerate(rows) if row.state == "same" and not row.extended]
    return same, [float(book.profit[0, k]) / index for k, row in enumerate(rows) if row.extended]


def by_size(inputs, _):
    """A future whose rates rise with its size, in the coin or dollars its price is in."""
    out = {}
    for side, name in ((side, f"{word}_margin") for side, word in (("im", "initial"), ("mm", "maintenance")) if f"{side}_base" in inputs):
        held = {"symbol": COIN, "type": "linear", "side": "long", "size": inputs["qty_base"], "entry": inputs["price"]}
        stated = {"positions": [held], "rate_base": inputs[f"{side}_base"], "rate_per_unit": inputs["slope_per_coin"]}
        out[side] = future_cases.size_linear(stated, "SIZE_LINEAR_RATE")[name]
    return out


# OKX --------------------------------------------------------------------------------------------------------------

def builder(inputs, _):
    """A risk unit of one perpetual, or units and what is owed, from the venue's position builder."""
    if "unit_mm" in inputs:
        return units_and_debt(inputs)
    params, dollars = inputs["parameters"], inputs["quote_usd"]
    mark, index = inputs["mark"] * dollars, inputs["index_quote"] * dollars
    held = pool(account([perpetual(inputs["qty_base"], mark, COIN, mark_price=mark)], index))
    extreme, share = params["mr6_move"], params["mr6_share"]
    factor = params["im_factor"]
    rules = ruled("okx-pm", {
        "portfolio.moves": params["mr1_moves"], "portfolio.initial_factor": factor,
        "portfolio.extended_rows": [{"move": side * extreme, "volatility": "same", "weight": share} for side in (-1, 1)],
        "addons.term_move": [{"initial": factor, "place": "in the core", "yearly": 0.0, "least_move": params["mr4_min_pct"],
                              "perpetual": params["mr4_min_pct"], "compounding": "simple", "priced": "mark"}],
        "addons.tiered_minimum": [{"initial": factor, "option": 0.0, "option_delta": 0.0, "fee": 0.0, "fee_share": 0.0,
                                   "futures": params["mr7_pct"]}]})
    found, parts = asked(held, rules)
    book = aggregate.book(held, rules.portfolio, 0)
    loss = {row: -float(book.profit[0, k]) for k, row in enumerate(table(rules.portfolio).rows)}
    exposed = Exposure(held)
    minimum = stepped(exposed.by_underlying(np.abs(exposed.futures)) * params["mr7_pct"], rules.addons.minimum_steps)
    same = {row.move: one for row, one in loss.items() if row.state == "same" and not row.extended}
    return {"delta_cash": float(exposed.futures.sum()), "mr1": max(same.values()), "mr4": parts["addons.term_move"],
            "mr6": max(one for row, one in loss.items() if row.extended), "mr7": float(minimum[0, 0]),
            "mm": float(found.maintenance[0]), "im": float(found.initial[0]),
            "mr1_rows": {f"{move:g}": -one for move, one in same.items()}}


def units_and_debt(inputs):
    """Risk units add up, and what is owed is charged on top."""
    asset = inputs["liability_ccy"]
    rules = ruled("okx-pm", {"addons.borrowing": [{"initial": inputs["borrow_imr"], "maintenance": inputs["borrow_mmr"]}]})
    held = pool(account([], 1.0, [coin(asset, inputs["liability_qty"])], assets={asset: inputs["quote_usd"]}))
    core = [Part("unit", "risk unit", COIN, np.array([im]), np.array([mm]), is_core=True)
            for im, mm in zip(inputs["unit_im"], inputs["unit_mm"], strict=True)]
    found = choose.applied(Demand(tuple(core), (), "", 1), held, rules.addons)
    owed = [part for part in found.parts if not part.is_core]
    equity = float(held.account.collateral.amount @ held.account.collateral.price)
    return {"equity": equity, "derivatives_mm": sum(float(part.maintenance[0]) for part in core),
            "borrow_mm": sum(float(part.maintenance[0]) for part in owed),
            "borrow_im": sum(float(part.initial[0]) for part in owed), "mm": float(found.maintenance[0]),
            "im": float(found.initial[0]), "account_leverage": sum(inputs["position_notional_usd"]) / equity}


def components(inputs, _):
    """Printed parts of a risk unit: the worst of rows, what stands in the core, at least the minimum."""
    rules = ruled("okx-pm", {"portfolio.initial_factor": inputs["im_factor"]})
    rows = -np.array([[inputs[name] for name in ("mr1", "mr2", "mr6")]])
    held = pool(account([], 1.0))
    loss = aggregate.worst_of("", rules.portfolio, rows, np.zeros(1), np.zeros(1)).loss
    core = scenarios.core_part(held, rules.portfolio, "portfolio.moves", "", COIN, loss, is_core=True)
    factor = np.array([[inputs["im_factor"]], [1.0]])
    tally = Tally(Exposure(held), Demand((core,), (), "", 1))
    for name in ("mr3", "mr4", "mr5"):
        tally.put("addons.term_move", name, sides(factor * inputs[name]))
    tally.floor("addons.tiered_minimum", "minimum", sides(factor * inputs["mr7"]))
    return {"mm": float(tally.totals[1].sum()), "im": float(tally.totals[0].sum())}


def sides(amount):
    return amount[:1], amount[1:]


def minimum_charge(inputs, _):
    """The tiered minimum, and it as a floor of the rest."""
    starts = [0, *inputs["tier_upper"]]
    steps = [MinimumStep(start=start, multiplier=float(one)) for start, one in zip(starts, inputs["tier_multiplier"], strict=True)]
    least = stepped(np.array([[inputs["raw_charge"]]]), steps)
    core = Part("core", "", COIN, *np.full((2, 1), inputs["mr1_to_mr6_total"]), is_core=True)
    tally = Tally(Exposure(pool(account([], 1.0))), Demand((core,), (), "", 1))
    tally.floor("addons.tiered_minimum", "minimum", (least, least))
    return {"mr7": float(least[0, 0]), "mm": float(tally.totals[1].sum())}


def option_seller(inputs, _):
    """A short call so far out of the money as the case says, in coin, one contract of `mult` coins."""
    index = 100.0
    held = {"type": "option", "symbol": COIN, "side": "short", "size": inputs["mult"], "call": True, "mark": inputs["mark"],
            "strike": index * (1.0 + inputs["underlying_over_strike_gap"])}
    stated = {"positions": [held], "underlying_mark": index, "index": index, "margin_factor": inputs["scale"],
              "params": {"im_max": inputs["im_pct"], "im_min": inputs["floor_pct"]}}
    return {"im": option_cases.figures(stated, "OPTION_SM", "OKX")["initial_margin"]}


def option_order(inputs, _):
    """An order for options in contracts of `mult` coins."""
    count, price, fee = inputs["contracts"], inputs["order_price"] * inputs["mult"], inputs["fee"]
    if "position_im" in inputs:
        return {"im": orders.sell_to_open(count, price, fee, inputs["position_im"], inputs["floor"])}
    return {"im": orders.buy_to_open(count, price, fee)}


# Bybit, Paradex, Dederi, BIT.com ----------------------------------------------------------------------------------

def bybit(inputs, _):
    """A short option by formula, or what buying one ties up."""
    if "strike" not in inputs:
        return {"im": orders.buy_to_open(inputs["qty"], inputs["price"], inputs["fee_rate"] * inputs["index"])}
    held = {"type": "option", "symbol": COIN, "side": "short", "size": 1.0, "call": "call" in inputs["side"],
            "mark": inputs["mark"], "strike": inputs["strike"]}
    stated = {"positions": [held], "index": inputs["index"], "params": {
        "im_max": inputs["im_pct"], "im_min": inputs["im_floor"], "mm": inputs["mm_pct"], "liquidation_fee": inputs["liq_fee_pct"]}}
    found = option_cases.figures(stated, "OPTION_SM", "Bybit")
    return {"im": found["initial_margin"], "mm": found["maintenance_margin"]}


class Stated(Exposure):
    """A pool whose deltas a case states."""

    stated_deltas = ()

    def delta(self, kind="forward"):
        return np.array([self.stated_deltas])


def least_delta(inputs, _):
    spot = inputs["spot"]
    legs = [perpetual(one["qty"], spot, COIN) if one["type"] == "perp" else
            option(one["type"], spot, one["qty"], COIN) for one in inputs["positions"]]
    held = Stated(pool(account(legs, spot)))
    by_kind = {key.kind if key.kind == "perpetual" else key.type: i for i, key in enumerate(held.pool.account.instruments.keys)}
    deltas = np.zeros(len(by_kind))
    for one in inputs["positions"]:
        deltas[by_kind["perpetual" if one["type"] == "perp" else one["type"]]] += one["qty"] * one["delta"]
    held.__class__ = type("Case", (Stated,), {"stated_deltas": tuple(deltas)})

    def charge(net, hedged):
        return float(positions.delta_minimum(held, DeltaMinimum(net=net, hedged=hedged))[0, 0])

    return {"net_delta": float(deltas.sum()), "gross_delta": float(np.abs(deltas).sum()),
            "hedged_delta": charge(0.0, 1.0) / spot, "charge": charge(inputs["net_pct"], inputs["hedged_pct"])}


def open_orders(inputs, _):
    """Orders beside a position, at one price."""
    def one(size, side):
        return {"symbol": COIN, "type": "linear", "size": size, "side": side, "entry": inputs["price"], "mark": inputs["price"],
                "mmr": 0.0, "imr": inputs["imf"], "price": inputs["price"]}

    size = inputs["position"]
    stated = {"positions": [one(abs(size), "long" if size > 0 else "short")] if size else [],
              "open_orders": [one(inputs["buy_orders"], "buy"), one(inputs["sell_orders"], "sell")]}
    return {"im": order_cases.open_orders(stated, None)["initial_margin"]}


def dated_future(inputs, _):
    """A future on the curve of the index: its rows and its contingency."""
    steps, step = inputs["steps"], inputs["shock_step"]
    seconds = round(inputs["days"] * DAY)
    held = pool(account([future(inputs["qty"], inputs["index"], COIN, seconds=seconds)], inputs["index"],
                        block={"rate": inputs["rate"]}))
    rules = ruled("dederi", {"portfolio.moves": [step * i for i in range(-steps, steps + 1)], "addons.futures_rate": [
        {"initial": inputs["contingency_pct"], "maintenance": inputs["contingency_pct"], "priced": "index"}]})
    rows = table(rules.portfolio).rows
    profit = aggregate.book(held, rules.portfolio, 0).profit[0]
    return {"forward": float(held.account.instruments.forward[0]) if np.isfinite(held.account.instruments.forward[0])
            else float(held.account.instruments.mark[0]), "contingency": asked(held, rules)[1]["addons.futures_rate"],
            "scenario_pnl": [float(one) for one, row in zip(profit, rows, strict=True) if row.state == "same"]}


def worst_by_points(inputs, _):
    """A book whose volatility moves by points: its worst row."""
    price = inputs["option_forward_assumed"]
    legs = []
    for one in inputs["positions"]:
        if "perp" in one["type"]:
            legs.append(perpetual(one["qty"], one["price"], COIN))
        else:
            legs.append(option(one["type"], one["strike"], one["qty"], COIN, iv=one["vol"], seconds=round(one["days_to_expiry"] * DAY)))
    steps = inputs.get("price_steps_each_side", 5)
    rules = ruled("bit-pm", {"portfolio.moves": [inputs["price_range"] * i / steps for i in range(-steps, steps + 1)],
                             "portfolio.points_up": inputs["vol_up_abs"], "portfolio.points_down": inputs["vol_down_abs"]})
    found, parts = asked(pool(account(legs, price)), rules)
    [scan] = found.scenarios
    at = scan.setting[0]
    return {"scenario_loss": parts["portfolio.moves"], "worst_scenario": f"{scan.move[at]:+.0%} vol {scan.volatility[at]}"}


# SPAN -------------------------------------------------------------------------------------------------------------

THIRDS = {"0": 0.0, "1/3": 0.333, "2/3": 0.667, "1": 1.0}
"""Parts of the scan range as the text rounds them."""


def scan_array(inputs, _):
    """The risk array of one future, in the order of the case."""
    price = 100.0 * inputs["price_scan_range"]
    reach, multiple = inputs["price_scan_range"] / price, inputs["extreme_multiple"]
    rules = ruled("span", {
        "portfolio.moves": sorted({side * part * reach for part in THIRDS.values() for side in (-1, 1)}),
        "portfolio.extended_rows": [{"move": side * multiple * reach, "volatility": "same", "weight": inputs["extreme_cover"]}
                                    for side in (1, -1)]})
    held = pool(account([perpetual(1.0, price, COIN)], price))
    profit, rows = aggregate.book(held, rules.portfolio, 0).profit[0], table(rules.portfolio).rows

    def row(name):
        side = -1.0 if name.startswith("-") else 1.0
        part = multiple if "extreme" in name else THIRDS[name.lstrip("+-")]
        return next(k for k, one in enumerate(rows) if np.isclose(one.move, side * part * reach) and one.extended == ("extreme" in name))

    return {"scenario_pnl": [float(profit[row(name)]) for name in inputs["scenario_order"]],
            "scan_risk": asked(held, rules)[1]["portfolio.moves"]}


def given_arrays(inputs, _):
    """Printed arrays of instruments and how many of each are held: the worst row of their sum."""
    names = [key.removeprefix("scenario_pnl_") for key in inputs if key.startswith("scenario_pnl_")]
    size = np.array([[inputs.get(f"qty_{name.removeprefix('long_')}", inputs.get("qty", 0.0)) for name in names]])
    unit = np.array([inputs[f"scenario_pnl_{name}"] for name in names], dtype=float).T[None]
    profit = profits.contracted(size, unit, np.zeros(1, dtype=np.int64))
    worst = aggregate.worst_of("", load.load("span").rules.portfolio, profit, np.zeros(1), np.zeros(1))
    return {"scenario_pnl": profit[0].tolist(), "scan_risk": float(worst.loss[0])}


# dYdX -------------------------------------------------------------------------------------------------------------

def raised_fraction(inputs, _):
    caps = inputs["oi_lower_cap"], inputs["oi_upper_cap"], inputs["open_interest_quote"]
    ppm = open_interest.initial_ppm(inputs["base_imf_ppm"], *caps)
    if "position_notional_quote" not in inputs:
        return {"imf_ppm": ppm}
    ppm = max(ppm, *(value for key, value in inputs.items() if key.endswith("_ppm")))  # the base, an account's own
    return {"im": open_interest.initial_amount(inputs["position_notional_quote"], ppm)}


def maintenance_fraction(inputs, _):
    return {"mmf_ppm": open_interest.maintenance_ppm(inputs["imf_ppm"], inputs["maintenance_fraction_ppm"])}


FORMULAS = {
    "Deribit portfolio margin (pme/simulate)": simulated,
    "Deribit standard margin (futures and perpetuals)": by_size,
    "OKX portfolio margin (position builder)": builder,
    "OKX portfolio margin (component aggregation)": components,
    "OKX portfolio margin (minimum charge)": minimum_charge,
    "OKX option margin (single-currency modes)": option_seller,
    "OKX option order margin": option_order,
    "Bybit option margin (cross)": bybit,
    "Paradex portfolio margin (minimum delta)": least_delta,
    "Paradex cross margin (position and orders)": open_orders,
    "Dederi portfolio margin (future leg)": dated_future,
    "BIT.com portfolio margin (scenario loss)": worst_by_points,
    "CME SPAN (risk array, future)": scan_array,
    "CME SPAN (portfolio scan)": given_arrays,
    "CME SPAN (scan risk from given array)": given_arrays,
    "dYdX v4 (open-interest scaled initial margin)": raised_fraction,
    "dYdX v4 (open-interest scaled initial margin fraction)": raised_fraction,
    "dYdX v4 (maintenance margin fraction)": maintenance_fraction,
}
