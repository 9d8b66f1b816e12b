"""Our functions on the problems of the performance targets: plain arrays in, plain arrays out.

A function `w<number>(p)` takes a problem as a dict (keys: `targets.py`) and returns its answer; `prepare_w<number>(p)`
is what a session holds ready, untimed. Usable as the adapter of any benchmark that speaks of the same problems.
"""

import json
import math
from dataclasses import replace
from datetime import timedelta

import numpy as np

from benchmarks import problems
from benchmarks.timing import forget
from risk_core.liquidation.frontier import price_and_volatility
from risk_core.liquidation.thresholds import levels
from risk_core.margin.charges import scan
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read
from risk_core.rulebooks.load import resolve
from risk_core.valuation import black76

PIECE = 16_384
"""Scenarios priced at a time; bounds memory."""


def w1(p):
    """Undiscounted prices, (options, scenarios)."""
    c = p["c"][:, None]
    return c * black76.price(p["S"], p["K"][:, None] / c, p["v"][:, None] * p["m"], p["put"][:, None] == 0)


def w2(p):
    """Profit of a portfolio under joint scenarios, (S,): linear positions are one number a coin."""
    dollars = p["q"] * p["c"] * p["S0"][p["und"]]
    out = np.zeros(p["sf"].shape[1])
    for u in range(len(p["S0"])):
        mine = p["und"] == u
        o = np.flatnonzero(mine & p["is_opt"])
        strike, v, is_call = p["K"][o] / (p["c"][o] * p["S0"][u]), p["v"][o], p["put"][o] == 0
        now = dollars[o] @ black76.price(1.0, strike, v, is_call)
        out += dollars[mine & ~p["is_opt"]].sum() * (p["sf"][u] - 1.0) - now
        for at in (slice(start, start + PIECE) for start in range(0, len(out), PIECE)):
            out[at] += dollars[o] @ black76.price(p["sf"][u, at], strike[:, None], v[:, None] * p["mf"][u, at],
                                                  is_call[:, None])
    return out


def prepare_w4b(accounts):
    """Holdings of accounts: each a problem, or all of them one in rows: indptr, inst, qty over common instruments."""
    return [_holding(p) for p in (_each(accounts) if isinstance(accounts, dict) else accounts)]


def _each(p):
    """The accounts of a problem in rows."""
    for i in range(len(p["C"])):
        own = slice(p["indptr"][i], p["indptr"][i + 1])
        columns = {name: p[name][p["inst"][own]] for name in ("c", "K", "T", "iv", "v", "put", "is_opt")}
        yield columns | {"q": p["qty"][own], "C": p["C"][i], "S0": p["S0"], "sf": p["sf"], "mf": p["mf"]}


def w4b(holdings, low=0.3, high=3.0):
    """Nearest liquidation prices below and above the present one within multiples of it, (n, 2), NaN for none."""
    forget()
    out = np.full((len(holdings), 2), np.nan)
    for i, holding in enumerate(holdings):
        for found in levels([holding])[0].liquidation.values():
            ends = [end for region in found.regions for end in region if end]
            below = [end for end in ends if low * found.price <= end < found.price]
            above = [end for end in ends if found.price <= end <= high * found.price]
            out[i] = max(below, default=math.nan), min(above, default=math.nan)
    return out


def prepare_w5(p):
    """The account, its rulebook, and the points of the map."""
    holding = _holding(p)
    return holding.account, resolve(holding.account.rules), p["gs"], p["gv"]


def w5(ready):
    """Buffer in portfolio mode by multiples of price (X,) and volatility (Y,), dollars (X, Y)."""
    forget()
    account, rulebook, x, y = ready
    return price_and_volatility(account, rulebook, account.underlyings, x, y, ["portfolio"]).least["portfolio"].T


def prepare_w6(p):
    """The account with what its pool holds."""
    holding = _holding(p)
    nets = holding.nets
    held = scan.side(holding.account, nets, np.arange(len(nets.quantity)), 0)
    return holding.account, held, resolve(holding.account.rules).rules.portfolio, np.ones(1)


def w6(ready):
    """The largest loss of the scenarios, dollars (1,)."""
    account, held, rules, now = ready
    return scan.charge(account, held, 0, rules, now).scan


def _holding(p):
    """An account in portfolio mode whose equity is C; its forwards and volatilities as given, to the last bit."""
    account = read(json.dumps(_document(p)))
    ins, o = account.instruments, np.flatnonzero(p["is_opt"])
    at = account.book.instrument[[account.book.ids.index(f"p{i}") for i in o]]
    columns = {name: getattr(ins, name).copy() for name in ("forward", "volatility", "years", "unit")}
    given = {"forward": p["c"] * p["S0"], "volatility": p["iv"], "years": p["T"], "unit": np.ones(len(p["q"]))}
    for name, values in given.items():
        columns[name][at] = values[o]
    account = replace(account, instruments=replace(ins, **columns))
    return hold(account, resolve(account.rules).rules, MODES["portfolio"])


def _document(p):
    """The account file: options, and all linear positions as one perpetual."""
    legs = [{"id": f"p{i}", "kind": "option", "underlying": "BTC", "settlement": "linear", "quantity": float(p["q"][i]),
             "strike": float(p["K"][i]), "type": "put" if p["put"][i] else "call",
             "expiry": (problems.NOW + timedelta(days=round(float(p["T"][i]) * 365))).isoformat()}
            for i in np.flatnonzero(p["is_opt"])]
    linear = float((p["q"] * p["c"])[~p["is_opt"]].sum())
    if linear:
        legs.append({"id": "linear", "kind": "perpetual", "underlying": "BTC", "settlement": "linear",
                     "quantity": linear, "entry_price": p["S0"]})
    o = np.flatnonzero(p["is_opt"])
    value = p["S0"] * p["c"][o] * black76.price(1.0, p["K"][o] / (p["c"][o] * p["S0"]), p["v"][o], p["put"][o] == 0)
    cash = float(p.get("C", 0.0) - p["q"][o] @ value)
    moves, states = np.unique(p["sf"] - 1.0), np.unique(p["mf"])
    return {"format": "marginscope-account/1", "as_of": problems.instant(0), "rules": _rules(moves, states),
            "market": {"underlyings": {"BTC": {"price": p["S0"], "volatility": 0.6}}, "assets": {"USD": 1.0}},
            "collateral": [{"asset": "USD", "amount": cash}], "positions": legs}


def _rules(moves, states):
    """Scenarios of the problem and nothing else."""
    scan_only = {"moves": [float(round(move, 12)) for move in moves], "volatility_up": float(states[-1] - 1.0),
                 "volatility_down": float(1.0 - states[0]), "short_power": 0.0, "long_power": 0.0,
                 "short_option_minimum": 0.0, "hedged_rate": 0.0}
    return {"base": "generic", "override": {"portfolio": scan_only}}
