"""Cases of futures and perpetuals: the formula a case states chooses the conventions, the core does the arithmetic."""

from risk_core.margin import ratios
from risk_core.margin.compare import compare
from risk_core.margin.figures import Figures
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks.load import load, resolve
from risk_core.rulebooks.tiers import deductions
from tests.golden import shipped
from tests.golden.books import PLEDGES, WALLETS, document, entry, evaluated, mark, running, stands_alone, stated

ON_ENTRY = {"maintenance_at": "entry", "initial_at_cross": "entry", "initial_at_isolated": "entry"}
AT_ENTRY = ("LIN_FIX", "INV_FIX", "INV_FIX_FEE_AT_BANKRUPTCY")
FEE_AT_TRIGGER = ("LIN_LIQ_FEE", "INV_LIQ_FEE", "LIN_CROSS_FROZEN_MM", "CROSS_PRORATA_KUCOIN")
WITHOUT_FEE = ("LIN_LIQ", "INV_LIQ", "LIN_FIX", "INV_FIX", "LIN_CROSS", "LIN_CROSS_BINANCE", "IM_MM")
AT_TRIGGER = ("LIN_LIQ", "INV_LIQ", "LIN_LIQ_FEE", "INV_LIQ_FEE", "LIN_CROSS", "LIN_CROSS_BINANCE",
              "LIN_CROSS_FROZEN_MM", "CROSS_PRORATA_KUCOIN")
POOLED = {"LIN_CROSS": "others still", "LIN_CROSS_BINANCE": "others still", "LIN_CROSS_FROZEN_MM": "maintenance still",
          "CROSS_PRORATA_KUCOIN": "shared by value"}
FEE_NOW = {"Bybit": 0.00055}
"""Taker fee since when a venue values margin at the mark; its cases with another fee are older and at entry."""


def conventions(formula, inputs, venue):
    """Sections of a rulebook that say what the formula says; what it leaves open is the rulebook's own."""
    fee, run = taker(inputs), running(inputs)
    rules = {"tiers": valued_at(formula, run, venue, fee), "fees": {}, "futures": in_coin(inputs)}
    if formula in WITHOUT_FEE:
        rules["fees"] = {"closing_on": "none"}
    if formula in FEE_AT_TRIGGER:
        rules["fees"] = {"closing_rate": fee, "closing_on": "tested price"}
    if formula == "INV_FIX_FEE_AT_BANKRUPTCY":
        rules["fees"] = {"closing_rate": fee, "closing_on": "bankruptcy price", "bankruptcy": "with fee"}
    if formula in {"IM_MM_WITH_CLOSE_FEE", "IM_WITH_CLOSE_FEE", "MM_WITH_CLOSE_FEE"}:
        rules["fees"] = closing_fees(fee, inputs)
    if "position_maint" in inputs:
        rules["fees"] = closing_fees(fee, inputs) | {"bankruptcy": "with fee"}
    if formula in POOLED:
        rules["futures"]["cross_price"] = POOLED[formula]
    if "tick" in inputs:
        rules["futures"] |= {"rounding": "against the trader",
                             "ticks": {held["symbol"]: inputs["tick"] for held in inputs["positions"]}}
    elif load(run.base).rules.futures.ticks.keys() & {held["symbol"] for held in inputs["positions"]}:
        rules["futures"]["rounding"] = "none"
    return rules


def valued_at(formula, run, venue, fee):
    """At which prices the formula values margins."""
    if formula in AT_ENTRY:
        return {"maintenance_at": "entry"} if run.shipped else ON_ENTRY
    if venue in FEE_NOW and fee != FEE_NOW[venue] and formula.startswith(("IM_MM", "MM_WITH")):
        return ON_ENTRY
    if formula not in AT_TRIGGER:
        return {}
    is_open = run.shipped or not formula.startswith("INV")
    return {"maintenance_at": "tested price"} | ({} if is_open else ON_ENTRY | {"maintenance_at": "tested price"})


def in_coin(inputs):
    """A pledge of an inverse position is in its coin."""
    return {"pledge": "coin"} if any(held["type"] == "inverse" for held in inputs["positions"]) else {}


def taker(inputs):
    held = inputs.get("positions") or [{}]
    return inputs.get("taker_fee", held[0].get("taker_fee", 0.0))


def closing_fees(fee, inputs):
    """The closing fee inside both margins, as Bybit and Phemex count it, or on value plus margin, as KuCoin does."""
    on = "entry and margin" if "position_maint" in inputs else "bankruptcy price"
    return {"closing_rate": fee, "closing_on": on, "closing_in": "margin"}


def pledge(inputs):
    """Dollars behind an isolated position without its profit; None where the case leaves it to the leverage."""
    held = inputs["positions"][0]
    dollars = mark(held) if held["type"] == "inverse" else 1.0
    found = stated(inputs, PLEDGES)
    if found is not None:
        return found * dollars
    if inputs.get("isolated_margin") is not None:
        return (inputs["isolated_margin"] - inputs.get("unrealized_pnl", 0.0)) * dollars
    return inputs.get("equity")


def single(inputs, formula, venue):
    rules = conventions(formula, inputs, venue)
    inputs = with_reserve(inputs, rules)
    behind = pledge(inputs)
    if behind is None and formula == "LIN_LIQ_FEE":
        behind = reserved(inputs).initial_margin
    doc = document(inputs, mode="isolated", rules=rules, pledge=behind)
    if inputs.get("extra_margin"):
        own = evaluated(doc, "isolated")[1].positions[0].pledged
        doc = document(inputs, mode="isolated", rules=rules, pledge=own + inputs["extra_margin"])
    account, found = evaluated(doc, "isolated")
    return figures(account, found, inputs, "isolated")


def reserved(inputs):
    """The isolated position with the closing fee inside its margin, at entry: what the venue assigns to it."""
    rules = {"tiers": ON_ENTRY, "fees": closing_fees(taker(inputs), inputs), "futures": in_coin(inputs)}
    return evaluated(document(inputs, mode="isolated", rules=rules), "isolated")[1].positions[0]


def with_reserve(inputs, rules):
    """Where the maintenance is printed as one amount: the rate that is left of it without the closing fee."""
    if "position_maint" not in inputs:
        return inputs
    leg = reserved(inputs)
    rate = (inputs["position_maint"] - leg.closing_fee) / leg.notional
    return {**inputs, "positions": [{**inputs["positions"][0], "mmr": rate}]}


def pooled(inputs, formula, venue):
    rules = conventions(formula, inputs, venue)
    if formula == "INV_FIX_FEE_AT_BANKRUPTCY":
        inputs = geared(inputs)
    mode = "as_held" if any(stands_alone(held, "cross") for held in inputs["positions"]) else "cross"
    account, found = evaluated(document(inputs, rules=rules, collateral=wallet(inputs, rules)), mode)
    return figures(account, found, inputs, mode)


def geared(inputs):
    """A single position in the pool has the leverage of the whole balance behind it."""
    [held] = inputs["positions"]
    return {**inputs, "positions": [{**held, "leverage": held["size"] / entry(held) / stated(inputs, WALLETS)}]}


def wallet(inputs, rules):
    """Collateral of a cross case; where only a ratio is printed, the equity that ratio says."""
    held = inputs["positions"][0]
    asset = held["symbol"] if held["type"] == "inverse" else "USD"
    amount = stated(inputs, WALLETS)
    if amount is None and inputs.get("available_balance") is not None:
        amount = inputs["available_balance"] + evaluated(document(inputs, rules=rules), "cross")[1].head.initial_margin
    if amount is None and inputs.get("quote_balance") is not None:
        amount = inputs["quote_balance"] + sum(one["size"] * entry(one) * (1 if one["side"] == "long" else -1)
                                               for one in inputs["positions"])
    if amount is None:
        amount = implied(inputs, rules)
    return [{"asset": asset, "amount": amount}] if amount else []


def implied(inputs, rules):
    """Wallet balance behind an equity, or behind a printed ratio of equity and maintenance."""
    bare = evaluated(document(inputs, rules=rules), "cross")[1].head
    profit, needed = bare.equity, bare.maintenance_margin
    unit = mark(inputs["positions"][0]) if inputs["positions"][0]["type"] == "inverse" else 1.0
    equity = stated(inputs, ("equity", "equity_implied_by_liquidation_price"))
    if equity is not None:
        return equity - profit / unit
    if inputs.get("margin_ratio_reported"):
        return (inputs["margin_ratio_reported"] * needed - profit) / unit
    if inputs.get("risk_rate_reported"):
        return (needed / inputs["risk_rate_reported"] - profit) / unit
    if inputs.get("bankruptcy_price_reported"):
        held = inputs["positions"][0]
        side = 1 if held["side"] == "long" else -1
        return side * held["size"] * (mark(held) - inputs["bankruptcy_price_reported"]) - profit
    return 0.0


def figures(account, found, inputs, mode):
    """Everything a case may print, under the names the cases use."""
    target = inputs.get("target")
    symbols = [held["symbol"] for held in inputs["positions"]]
    at = symbols.index(target) if target in symbols else 0
    held, legs = inputs["positions"][at], found.positions
    leg, rest = legs[at], [one for i, one in enumerate(legs) if i != at]
    unit = mark(held) if held["type"] == "inverse" else 1.0
    bare = [one.maintenance_margin - one.closing_fee for one in legs]
    head, alone = found.head, Figures(leg.equity or 0.0, leg.initial_margin, leg.maintenance_margin)
    whole = len(legs) > 1
    return {
        "liquidation_price": leg.liquidation_price, "bankruptcy_price": leg.bankruptcy_price,
        "notional": leg.notional, "position_value": leg.notional / unit, "entry": entry(held),
        "unrealized_pnl": [one.unrealised_pnl for one in legs] if whole else leg.unrealised_pnl / unit,
        "initial_margin": head.initial_margin if whole else leg.initial_margin / unit,
        "initial_margin_bare": (leg.initial_margin - leg.closing_fee) / unit,
        "initial_margin_sats": leg.initial_margin / unit * 1e8,
        "maintenance_margin": (leg.maintenance_margin if closing_in_margin(account) else bare[at]) / unit,
        "maintenance_margin_bare": bare[at] / unit, "estimated_close_fee": leg.closing_fee / unit,
        "other_maintenance_margin": sum(one.maintenance_margin for one in rest),
        "other_unrealized_pnl": sum(one.unrealised_pnl for one in rest),
        "account_value": head.equity, "margin_balance": head.equity, "available_balance": head.available,
        "sustainable_loss": head.buffer - sum(max(one.unrealised_pnl, 0.0) for one in legs),
        "unrealized_pnl_session": leg.unrealised_pnl,
        "value": leg.notional, "position_margin": leg.pledged,
        **reserve(inputs, leg, mode),
        "margin_ratio": displayed(account, alone if mode == "isolated" else head, inputs),
        "account_mm_rate": head.maintenance_used,
        "equity_at_liquidation": equity_at(account, held["symbol"], leg.liquidation_price, mode),
        "by_leg": {"liquidation_price": [one.liquidation_price for one in legs],
                   "bankruptcy_price": [one.bankruptcy_price for one in legs],
                   "notional": [one.notional for one in legs], "initial_margin": [one.initial_margin for one in legs],
                   "maintenance_margin": bare, "unrealized_pnl": [one.unrealised_pnl for one in legs]},
    }


def displayed(account, shown, inputs):
    """The venue's own ratio where its rulebook is shipped, else maintenance margin ÷ equity."""
    return ratios.ratio(resolve(account.rules).rules).of(shown) if running(inputs).shipped else shown.maintenance_used


def reserve(inputs, leg, mode):
    """What the venue assigns to an isolated position, and the closing fee in it."""
    asked = {"position_balance", "position_comm", "bankrupt_comm"} & inputs["expects"]
    if mode != "isolated" or not asked or not inputs["positions"][0].get("leverage"):
        return {}
    own = reserved(inputs)
    return {"position_balance": own.initial_margin, "position_comm": own.closing_fee, "bankrupt_comm": own.closing_fee}


def closing_in_margin(account):
    return resolve(account.rules).rules.fees.closing_in == "margin"


def equity_at(account, symbol, price, mode):
    if price is None:
        return None
    moved = move(account, WhatIf(price=price / account.market.underlyings[symbol].price))
    return compare(moved, resolve(account.rules), [mode]).modes[mode].positions[0].equity


def tier_deductions(inputs, _):
    """Deductions of a table through the loader; of the rulebook's own where it prints the same floors and rates."""
    name, run = shipped.coin(inputs["symbol"]), running(inputs)
    rows = [{"underlying": name, "from": start, "initial": rate, "maintenance": rate}
            for start, rate in zip(inputs["floors"], inputs["rates"], strict=True)]
    is_own = shipped.prints(load(run.base).rules.tiers, inputs)
    table = resolve(run.rules({} if is_own else {"tiers": {"own_steps": rows}})).rules.tiers.table(name)
    return {"maint_amounts": deductions([one.start for one in table], [one.maintenance for one in table])}


def tier_amounts(inputs, formula):
    _, found = evaluated(document(inputs, rules=conventions(formula, inputs, None)), "cross")
    amounts = [leg.maintenance_margin / (mark(held) if held["type"] == "inverse" else 1.0)
               for leg, held in zip(found.positions, inputs["positions"], strict=True)]
    return {"maintenance_margin": amounts if len(amounts) > 1 else amounts[0]}


def size_linear(inputs, _):
    """A rate that rises with size: stated for initial or for maintenance margin alone, so it is given to both."""
    symbol = inputs["positions"][0]["symbol"]
    rate, slope = inputs["rate_base"], {symbol: inputs["rate_per_unit"]}
    step = {"underlying": symbol, "from": 0, "initial": rate, "maintenance": rate}
    tiers = {"own_steps": [step], "style": "linear", "measure": "coins", "initial_slope": slope, "maintenance_slope": slope}
    if linear_as_stated(load(running(inputs).base).rules.tiers, symbol, rate, slope[symbol]):
        tiers = {}
    head = evaluated(document(inputs, rules={"tiers": tiers}), "cross")[1].head
    return {"initial_margin": head.initial_margin, "maintenance_margin": head.maintenance_margin}


def linear_as_stated(tiers, symbol, rate, slope):
    """Does the rulebook's own table say this rate and slope, for initial or for maintenance margin?"""
    [step, *more] = tiers.table(symbol)
    own = {(step.initial, tiers.initial_slope.get(symbol)), (step.maintenance, tiers.maintenance_slope.get(symbol))}
    return tiers.style == "linear" and not more and (rate, slope) in own


def by_mode(inputs, formula, mode, venue):
    if "snapshots" in inputs:
        return {"equity_change": equity_change(inputs)}
    return (single if mode == "isolated" else pooled)(inputs, formula, venue)


def equity_change(inputs):
    first, last = (evaluated(document({**inputs, "positions": [held]}), "cross")[1].head.equity
                   for held in (inputs["positions"][0], inputs["positions"][-1]))
    return last - first


MODED = ("LIN_LIQ", "LIN_LIQ_FEE", "LIN_FIX", "INV_LIQ", "INV_LIQ_FEE", "INV_FIX", "INV_FIX_FEE_AT_BANKRUPTCY", "LIN_CROSS",
         "LIN_CROSS_BINANCE", "LIN_CROSS_FROZEN_MM", "CROSS_PRORATA_KUCOIN", "IM_MM", "IM_MM_WITH_CLOSE_FEE",
         "IM_WITH_CLOSE_FEE", "MM_WITH_CLOSE_FEE")
FORMULAS = {"MM_DEDUCTION": tier_deductions, "MM_TIER": tier_amounts, "SIZE_LINEAR_RATE": size_linear}
