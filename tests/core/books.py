"""Account files made by hand, and the figures the laws are about.

Everything here goes through the account file: a test builds a document, the engine reads it like any other. `k` multiplies
the present price of one underlying (or of all that `beta` names) while the rest stands still.
"""

import copy
import json
import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np

from risk_core.liquidation.thresholds import levels
from risk_core.margin.compare import compare
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES, usable
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.conftest import NIGHTLY

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
DAY, YEAR = 86_400, 31_536_000
POOL = 0
PLAIN = {"base": "generic", "override": {"portfolio": {"short_option_minimum": 0.0, "hedged_rate": 0.0}}}
"""The generic rules without the add-ons of portfolio margin: what the laws call plain PM."""
NO_HAIRCUT = {"base": "generic", "override": {"collateral": {"haircuts": {"BTC": 0.0, "ETH": 0.0}, "other_haircut": 0.0}}}
POOLED = ("cross", "portfolio")
EACH = 2
"""Samples that every rulebook meets at a stop; in the nightly profile it meets all."""


def met(samples, asked=None, each=EACH):
    """(sample, rulebook): the generic rules and every sample, each other rulebook and `each` samples, in turn.

    Every sample is met by many rulebooks and every rulebook by samples of several kinds; nightly by all. asked: only the
    pairs of this rulebook.
    """
    names, books = list(samples), list(load.names())
    count = len(names) if NIGHTLY else each
    chosen = [(names[(i * each + j * 5) % len(names)], book) for i, book in enumerate(books) for j in range(count)]
    pairs = sorted({*((name, "generic") for name in names), *chosen})
    return pairs if asked is None else [pair for pair in pairs if pair[1] == asked]


# Account files ----------------------------------------------------------------------------------------------------

def instant(seconds):
    """The instant so many seconds after `as_of`."""
    return (NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def document(positions=(), collateral=(), underlyings=None, rules="generic", **market):
    """An account file; legs without id are numbered, a bare number is cash in dollars."""
    if isinstance(collateral, int | float):
        collateral = [cash(collateral)]
    return {
        "format": "marginscope-account/1",
        "as_of": instant(0),
        "rules": rules,
        "market": {"underlyings": underlyings or {"BTC": {"price": 100.0, "volatility": 0.6}}, **market},
        "collateral": [dict(row) for row in collateral],
        "positions": [{"id": f"p{i}"} | dict(leg) for i, leg in enumerate(positions)],
    }


def cash(amount):
    return coin("USD", amount)


def coin(asset, amount):
    return {"asset": asset, "amount": amount}


def perpetual(quantity, entry, underlying="BTC", settlement="linear", **more):
    return {"kind": "perpetual", "underlying": underlying, "settlement": settlement, "quantity": quantity,
            "entry_price": entry, **more}


def future(quantity, entry, underlying="BTC", settlement="linear", seconds=35 * DAY, **more):
    return perpetual(quantity, entry, underlying, settlement, **more) | {"kind": "future", "expiry": instant(seconds)}


def option(type, strike, quantity, underlying="BTC", settlement="linear", seconds=30 * DAY, **more):
    return {"kind": "option", "underlying": underlying, "settlement": settlement, "type": type, "strike": strike,
            "expiry": instant(seconds), "quantity": quantity, **more}


def call(strike, quantity, **more):
    return option("call", strike, quantity, **more)


def put(strike, quantity, **more):
    return option("put", strike, quantity, **more)


def changed(doc, **parts):
    """A copy of an account file with some of its top keys replaced."""
    return {**copy.deepcopy(doc), **parts}


def with_legs(doc, legs):
    return changed(doc, positions=[leg | {"id": f"p{i}"} for i, leg in enumerate(legs)])


def with_more(doc, positions=(), collateral=()):
    """The account file with further legs and balances behind its own."""
    legs = [leg | {"id": f"more{i}"} for i, leg in enumerate(positions)]
    return changed(doc, positions=[*doc["positions"], *legs], collateral=[*doc["collateral"], *collateral])


def times(doc, k):
    """Every size and every collateral times k."""
    legs = [leg | {key: leg[key] * k for key in ("quantity", "isolated_margin") if key in leg} for leg in doc["positions"]]
    return changed(doc, positions=legs, collateral=[row | {"amount": row["amount"] * k} for row in doc["collateral"]])


def single_rate(initial, maintenance, **more):
    """Rules with one tier and no haircut."""
    tier = {"from": 0, "initial": initial, "maintenance": maintenance, "initial_deduction": 0, "maintenance_deduction": 0}
    collateral = {"haircuts": {"BTC": 0.0, "ETH": 0.0}, "other_haircut": 0.0}
    return {"base": "generic", "override": {"tiers": {"steps": [tier]}, "collateral": collateral, **more}}


# Figures ----------------------------------------------------------------------------------------------------------

@lru_cache(maxsize=32)
def _read(text):
    account = read_document(json.loads(text))
    return account, load.resolve(account.rules)


@lru_cache(maxsize=64)
def _held(text, mode):
    account, rulebook = _read(text)
    return hold(account, rulebook.rules, MODES[mode])


def held(doc, mode):
    """The account in one mode; a law asks for the same account several times and reads it once."""
    return _held(json.dumps(doc), mode)


def now(doc, mode):
    """(equity, initial, maintenance) over the account, dollars."""
    holding = held(doc, mode)
    at = margin(holding, np.ones((1, len(holding.account.underlyings))))
    return tuple(math.fsum(part[0]) for part in (at.equity, at.initial, at.maintenance))


def equity(doc, mode="cross"):
    return now(doc, mode)[0]


def initial(doc, mode="cross"):
    return now(doc, mode)[1]


def maintenance(doc, mode="cross"):
    return now(doc, mode)[2]


def buffer(doc, mode="cross"):
    equity_now, _, required = now(doc, mode)
    return equity_now - required


def result(doc, mode="cross"):
    """Everything of one mode."""
    return compared(doc, (mode,)).modes[mode]


def defined(doc, modes=tuple(MODES)):
    """Those of `modes` that the rulebook of the account defines."""
    account, rulebook = _read(json.dumps(doc))
    return [mode.name for mode in usable(modes, account, rulebook.rules)]


def compared(doc, modes=tuple(MODES)):
    return compare(*_read(json.dumps(doc)), modes)


def leg_figures(doc, mode, name="p0"):
    return next(leg for leg in result(doc, mode).positions if leg.id == name)


def scale(doc):
    """1 + Σ|c| m + Σ|q| (m + e + K) + Σ pledges: the size of the numbers being added, dollars."""
    account, _ = _read(json.dumps(doc))
    ins, book, held_ = account.instruments, account.book, account.collateral
    at = book.instrument
    index = account.index[ins.underlying][at]
    coin_quoted = ins.is_option[at] & ins.inverse[at]
    face = ~ins.is_option[at] & ins.inverse[at]
    entry = np.nan_to_num(book.entry) * np.where(coin_quoted, index, 1.0)
    per_unit = np.where(face, 1.0 + ins.mark[at] / np.where(face, entry, 1.0), index + entry + np.nan_to_num(ins.strike[at]))
    held_value = np.abs(held_.amount * held_.price)
    pledges = [math.fsum(held(doc, mode).pledge) for mode in defined(doc, ["isolated"])]
    return 1.0 + math.fsum(held_value) + math.fsum(np.abs(book.quantity) * per_unit) + math.fsum(pledges)


# Walks ------------------------------------------------------------------------------------------------------------

def direction(holding, moved):
    """β of the underlyings named in `moved`, (U,)."""
    return np.array([1.0 if name in moved else 0.0 for name in holding.account.underlyings])


def buffers(holding, bucket, beta, k, what="buffer"):
    """Buffer (or equity) of a bucket at states along a walk, from the state form, (len(k),)."""
    at = margin(holding, 1.0 + beta * (np.asarray(k, dtype=np.float64)[:, None] - 1.0))
    return at.equity[:, bucket] - (at.maintenance[:, bucket] if what == "buffer" else 0.0)


def gross_along(holding, beta, k):
    """Gross size of the account along a walk, Σ|amount × price| + Σ notional, dollars, (len(k),)."""
    account = holding.account
    ins, at, kept = account.instruments, account.book.instrument, account.collateral
    face = (ins.inverse & ~ins.is_option)[at]
    price = np.where(ins.is_option, account.index[ins.underlying], ins.mark)[at]
    value = np.concatenate([np.abs(account.book.quantity) * np.where(face, 1.0, price), np.abs(kept.amount * kept.price)])
    moves = np.concatenate([np.where(face, 0.0, beta[ins.underlying[at]]),
                            np.where(kept.underlying < 0, 0.0, np.append(beta, 0.0)[kept.underlying])])
    slope = math.fsum(value * moves)
    return math.fsum(value * (1.0 - moves)) + slope * np.asarray(k, dtype=np.float64)


def regions(doc, mode, bucket=POOL):
    """Regions of one bucket by underlying, dollars."""
    holding = held(doc, mode)
    names = holding.account.underlyings
    return {names[u]: level.regions for (b, u), level in levels([holding])[0].liquidation.items() if b == bucket}


def covers(outer, inner, slack=1e-8):
    """Whether the regions `inner` lie in the regions `outer`, ends within `slack` relative."""
    def span(region):
        return region[0] or 0.0, math.inf if region[1] is None else region[1]

    wide = [(low * (1 - slack), high * (1 + slack)) for low, high in map(span, outer)]
    return all(any(low <= a and b <= high for low, high in wide) for a, b in map(span, inner) if b > a * (1 + slack))


def close(a, b, tolerance):
    return math.isclose(a, b, rel_tol=0.0, abs_tol=tolerance)


def same_levels(a, b, factor=1.0, rel=1e-8):
    """Whether the regions b (by underlying) are the regions a, their prices multiplied by `factor`, within `rel` relative."""
    def same(x, y):
        return x is y is None or (None not in (x, y) and math.isclose(x * factor, y, rel_tol=rel))

    return a.keys() == b.keys() and all(
        len(a[name]) == len(b[name])
        and all(same(x, y) for one, two in zip(a[name], b[name], strict=True) for x, y in zip(one, two, strict=True))
        for name in a)
