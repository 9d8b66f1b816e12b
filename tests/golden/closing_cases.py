"""Cases of how a liquidation runs and of account ratios: bankruptcy and limit prices, partial steps, fees, totals."""

import numpy as np

from risk_core.liquidation.buffered import buffered
from risk_core.liquidation.order_prices import (
    auction_share,
    bankruptcy_prices,
    buffer_margin,
    limit_prices,
    liquidation_fee,
    quote_deltas,
)
from risk_core.liquidation.partial import partial
from risk_core.margin import ratios
from risk_core.margin.figures import Figures
from risk_core.margin.hedged import gains
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.margin.netting import POOL
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.fields import SMALLEST
from risk_core.rulebooks.load import load, resolve
from tests.golden.books import PLEDGES, WALLETS, document, evaluated, mark, running, stated

BUYS = {"entry_price": SMALLEST}
"""Where a position is paid for out of a quote balance, which then holds its whole cost, it has an entry of nothing."""
TOTALS = ("total_wallet_balance", "total_cross_wallet_balance", "wallet_balance")
PROFITS = ("total_unrealized_profit", "total_perp_upl", "total_cross_un_pnl", "unrealized_pnl")


def liquidation(**rules):
    return {"liquidation": {name: value for name, value in rules.items() if value is not None}}


def closing(inputs):
    """The closing fee as the case states it; without one it keeps none back."""
    fee = inputs.get("taker_fee")
    return {"fees": {"closing_on": "none"} if fee is None else {"closing_rate": fee}}


def dollars(amount):
    return [{"asset": "USD", "amount": amount}] if amount else []


def holding_of(doc, mode):
    account = read_document(doc)
    return hold(account, resolve(account.rules).rules, MODES[mode])


def quote_settled(inputs, rules=None):
    """An account whose positions are paid for out of a quote balance, of which only that balance is stated."""
    doc = document(inputs, rules=(rules or {}) | closing(inputs),
                   collateral=dollars(stated(inputs, ("quote_balance", *WALLETS))))
    doc["positions"] = [row | BUYS if held.get("entry") is None else row
                        for row, held in zip(doc["positions"], inputs["positions"], strict=True)]
    return doc


# Prices of a liquidation -----------------------------------------------------------------------------------------

def bankruptcy(inputs, _):
    """Where equity is 0: without a maintenance margin that is where the trigger is; the mark does not matter."""
    bare = inputs | {"positions": [held | {"mmr": 0.0, "imr": 0.0, "mark": None} for held in inputs["positions"]]}
    held = inputs["positions"][0]
    inverse = held["type"] == "inverse"
    rules = closing(inputs) | ({"futures": {"pledge": "coin"}} if inverse else {})
    balance = stated(inputs, (*WALLETS, *PLEDGES) if inverse else WALLETS)
    if balance is None:
        _, found = evaluated(document(bare, mode="isolated", rules=rules, pledge=stated(inputs, PLEDGES)), "isolated")
    else:
        collateral = [{"asset": held["symbol"] if inverse else "USD", "amount": balance}]
        _, found = evaluated(document(bare, rules=rules, collateral=collateral), "cross")
    prices = [leg.bankruptcy_price for leg in found.positions]
    return {"bankruptcy_price": prices if len(prices) > 1 else prices[0]}


def order_prices(inputs, _):
    """Bankruptcy and limit price of the target of a liquidation, which is the first position where none is named."""
    rules = liquidation(spread_to_maintenance=inputs.get("spread_to_mmr"),
                        bankruptcy_adjustment=inputs.get("bankruptcy_adjustment"))
    holding = holding_of(quote_settled(inputs, rules), "cross")
    symbols = [held["symbol"] for held in inputs["positions"]]
    leg = symbols.index(inputs["target"]) if inputs.get("target") in symbols else 0
    net, size = holding.nets.leg_net[leg], inputs["positions"][leg]["size"]
    shares = np.zeros(len(holding.nets.quantity))
    shares[net] = inputs.get("close_size", size) / size
    return {"bankruptcy_quote_delta": float(quote_deltas(holding, shares)[net]),
            "bankruptcy_price": float(bankruptcy_prices(holding)[net]),
            "fillable_price": float(limit_prices(holding)[net])}


# Steps and fees ---------------------------------------------------------------------------------------------------

def share_closed(inputs, _):
    """A share of every position is closed; the fee is a share of the maintenance margin of that part."""
    rate = stated(inputs, ("liquidation_fee", "fee_rate", "penalty_rate"))
    if not inputs.get("positions"):
        rate = own_liquidation(inputs, fee_rate=rate).fee_rate
        return {"penalty": liquidation_fee(inputs["maintenance_margin"], inputs["liquidation_share"], rate)}
    rules = liquidation(sequence="share of all", step_share=inputs.get("share_step"), fee_rate=rate,
                        target_ratio=inputs.get("target_margin_ratio"), fee_on="maintenance of the closed part") | closing(inputs)
    account, found = evaluated(document(inputs, rules=rules, collateral=dollars(stated(inputs, WALLETS))), "cross")
    steps = partial(account, resolve(account.rules), "cross")
    after = steps[-1].after if steps else found.head
    last = steps[-1].account if steps else account
    share = steps[0].closed[0].quantity / account.book.quantity[0] if steps else 0.0
    return {
        "unrealized_pnl": [leg.unrealised_pnl for leg in found.positions],
        "maintenance_margin": found.head.maintenance_margin, "account_value": found.head.equity,
        "margin_ratio": found.head.maintenance_used, "liquidation_share": share,
        "penalty": sum(step.fee for step in steps), "new_maintenance_margin": after.maintenance_margin,
        "new_account_value": after.equity, "new_margin_ratio": after.maintenance_used,
        "remaining_collateral": float(last.collateral.amount.sum()),
    }


def own_liquidation(inputs, **figures):
    """How a liquidation runs under the run's rulebook with the figures the case states."""
    return resolve(running(inputs).rules(liquidation(**figures))).rules.liquidation


def auction_fee(inputs, _):
    value, margin = inputs["mark_to_market"], inputs.get("buffer_margin")
    if margin is None:
        rules = own_liquidation(inputs, auction_buffer=inputs.get("buffer"))
        margin = buffer_margin(value, inputs["maintenance_margin"], rules)
    share = auction_share(value, margin)
    return {"buffer_margin": margin, "initial_fraction": share,
            "liquidation_fee": liquidation_fee(value, share, own_liquidation(inputs, fee_rate=inputs.get("fee_rate")).fee_rate)}


def while_liquidating(inputs, _):
    """Assets and borrows at their weights, cross and isolated positions in one account, rates with their buffer."""
    assets = {held["asset"]: held["price"] for held in inputs["collateral"]}
    weights = {"haircuts": {held["asset"]: 1.0 - held.get("asset_weight", 1.0) for held in inputs["collateral"]},
               "borrow_weights": {held["asset"]: held["liability_weight"] for held in inputs["collateral"]
                                  if held.get("liability_weight")}}
    sized = resolve(running(inputs).base).rules.collateral.size_factors
    weights["size_factors"] = {held["asset"]: held.get("imf_factor", 0.0) for held in inputs["collateral"]
                               if held["asset"] in sized or "imf_factor" in held}
    positions = [held | {"mmr": held.get("mmr", held.get("imr"))} for held in inputs["positions"]]
    doc = document(inputs | {"positions": positions},
                   rules={"collateral": weights, **liquidation(rate_buffer=inputs.get("margin_buffer"))})
    for name in assets.keys() & doc["market"]["underlyings"].keys():
        doc["market"]["underlyings"][name]["price"] = assets.pop(name)
    doc["market"]["assets"] = assets
    doc["collateral"] = [{"asset": held["asset"], "amount": held["balance"]} for held in inputs["collateral"]]
    for row, held in zip(doc["positions"], positions, strict=True):
        if held.get("margin_mode") == "isolated":
            row |= {"mode": "isolated", "isolated_margin": held.get("isolated_deposit", 0.0)}
            doc["collateral"] += dollars(held.get("isolated_deposit"))
    found = buffered(holding_of(doc, "as_held"))
    alone = [i for i in range(len(found.requirement)) if i != POOL]
    own, rest = ([float(part[i]) for i in alone] for part in (found.requirement, found.collateral))
    return {"cross_margin_requirement": float(found.requirement[POOL]), "cross_total_collateral": float(found.collateral[POOL]),
            "isolated_margin_requirement": own[0] if len(own) == 1 else own,
            "isolated_total_collateral": rest[0] if len(rest) == 1 else rest}


# Account figures --------------------------------------------------------------------------------------------------

def totals(inputs, _):
    if inputs.get("positions"):
        head = evaluated(quote_settled(inputs), "cross")[1].head
    else:
        amounts = (stated(inputs, names) or 0.0 for names in
                   (TOTALS, PROFITS, ("total_initial_margin",), ("total_maintenance_margin",)))
        head = ratios.totals(*amounts, load(running(inputs).base).rules)
    return {"margin_balance": head.equity, "net_collateral": head.equity, "account_value": head.equity,
            "initial_margin": head.initial_margin, "maintenance_margin": head.maintenance_margin,
            "available_balance": head.available, "free_collateral": head.available,
            "account_im_rate": ratios.initial_used(head), "account_mm_rate": head.maintenance_used,
            "margin_ratio": head.maintenance_used}


def hedge_available(inputs, _):
    """Long and short of one contract beside each other: gains back nothing, the loss of the hedged part is locked."""
    here = inputs | {"positions": [held | {"mark": held.get("mark", inputs.get("mark"))} for held in inputs["positions"]]}
    rules = {"futures": {"profit": "losses only", "sides": "both"}, "tiers": {"initial_at_cross": "entry"}} | closing(here)
    account, found = evaluated(document(here, rules=rules, collateral=dollars(stated(inputs, WALLETS))), "cross")
    holding = hold(account, resolve(account.rules).rules, MODES["cross"])
    split = gains(account, holding.nets, np.ones((1, len(account.underlyings))))
    return {"initial_margin": found.head.initial_margin, "available_balance": found.head.available,
            "unrealized_profit_unhedged": float(split.unhedged.sum()),
            "hedged_loss": float(-np.minimum(split.hedged, 0.0).sum())}


def entry_valued(inputs, _):
    """Margins on entry value; the ratio of an isolated position, or of the account where a balance is stated."""
    tiers = {"maintenance_at": "entry", "initial_at_isolated": "entry", "initial_at_cross": "entry"}
    balance = stated(inputs, WALLETS)
    mode = "isolated" if balance is None else "cross"
    doc = document(inputs, mode=mode, rules={"tiers": tiers}, pledge=stated(inputs, PLEDGES),
                   collateral=dollars(balance))
    account, found = evaluated(doc, mode)
    leg = found.positions[0]
    alone = Figures(leg.equity or 0.0, leg.initial_margin, leg.maintenance_margin)
    shown = alone if mode == "isolated" else found.head
    return {"maintenance_margin": shown.maintenance_margin, "initial_margin": shown.initial_margin,
            "unrealized_pnl": leg.unrealised_pnl if len(found.positions) == 1 else [one.unrealised_pnl for one in found.positions],
            "margin_balance": shown.equity, "margin_ratio": ratios.ratio(resolve(account.rules).rules).of(shown),
            "liquidation_price": leg.liquidation_price}


def adjusted_by_leverage(inputs, _):
    """Maintenance is a factor of the initial margin; a ratio of balance and position margin less that factor."""
    positions = [held | {"entry": held.get("cost_hold") or held["entry"]} for held in inputs["positions"]]
    here = inputs | {"positions": positions}
    steps = [{"underlying": symbol, "from": 0, "initial": 0.0, "maintenance": inputs["adjust_factor"]}
             for symbol in {held["symbol"]: None for held in positions}]
    rules = {"tiers": {"style": "leverage", "own_steps": steps}, "display": {"ratio": "buffer ÷ initial"}}
    held = positions[0]
    inverse = held["type"] == "inverse"
    balance = stated(inputs, ("margin_static", *WALLETS))
    doc = document(here, rules=rules, collateral=[{"asset": held["symbol"] if inverse else "USD", "amount": balance}])
    account, found = evaluated(doc, "cross")
    unit, leg = (mark(held) if inverse else 1.0), found.positions[0]
    return {"position_margin": found.head.initial_margin / unit, "unrealized_pnl": leg.unrealised_pnl / unit,
            "margin_balance": found.head.equity / unit, "liquidation_price": leg.liquidation_price,
            "risk_rate": ratios.ratio(resolve(account.rules).rules).of(found.head)}


FORMULAS = {
    "BANKRUPTCY": bankruptcy, "BANKRUPTCY_PRORATA_MM": order_prices, "FILLABLE_PRICE": order_prices,
    "PARTIAL_LIQ_SHARE": share_closed, "LIQUIDATION_FEE": auction_fee, "SPOT_WEIGHTS": while_liquidating,
    "ACCT_TOTALS": totals, "HEDGE_AVAILABLE": hedge_available, "RISK_RATE": entry_valued,
    "HTX_ADJUST": adjusted_by_leverage,
}
