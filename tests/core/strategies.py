"""Hypothesis strategies for rules, markets and books, bounded on purpose: unbounded floats test the float format, not the engine.

Sizes are drawn in dollars and divided by the price, entries and strikes as multiples of the price, collateral as a share of
the notional, deductions from tiers and rates: constrained values are derived, not thrown away.
"""

import math

from hypothesis import strategies as st

from tests.core.books import DAY, YEAR, cash, coin, document, instant

SECONDS = (1, 600, 6 * 3600, DAY, 7 * DAY, 29 * DAY, 30 * DAY, 35 * DAY, 126 * DAY, YEAR, 3 * YEAR)
FLOORS = (1e6, 5e6)
COINS = ("BTC", "ETH", "PEPE")


def log_uniform(low, high):
    """Between low and high, every decade equally likely."""
    return st.floats(math.log(low), math.log(high)).map(lambda x: min(max(math.exp(x), low), high))


def around(value):
    """The value, and its neighbours among the floats."""
    return st.sampled_from((value, math.nextafter(value, 0.0), math.nextafter(value, math.inf)))


signs = st.sampled_from((1.0, -1.0))
prices = log_uniform(1e-8, 1e7)
usual_prices = log_uniform(0.1, 1e5)
notionals = log_uniform(1e-2, 1e9) | st.sampled_from(FLOORS).flatmap(around)
volatilities = log_uniform(0.01, 5.0)
rates = st.floats(-0.05, 0.2)
expiries = st.sampled_from(SECONDS) | log_uniform(1, 3 * YEAR).map(round)
later_expiries = st.sampled_from([s for s in SECONDS if s >= 7 * DAY]) | log_uniform(7 * DAY, 3 * YEAR).map(round)
multiples = st.just(1.0) | log_uniform(0.2, 5.0)
collateral_shares = log_uniform(1e-3, 2.0)
walk_factors = log_uniform(1e-4, 1e4)


# Rules ------------------------------------------------------------------------------------------------------------

@st.composite
def tiers(draw, most=5):
    """Steps of a tier table: floors and rates rise, initial is not below maintenance, deductions are computed."""
    count = draw(st.integers(1, most))
    floors = [0.0, *sorted(draw(st.lists(log_uniform(1e3, 1e8), min_size=count - 1, max_size=count - 1, unique=True)))]
    maintenance = sorted(draw(st.lists(st.floats(1e-4, 0.4), min_size=count, max_size=count)))
    above = sorted(draw(st.lists(st.floats(0.0, 0.1), min_size=count, max_size=count)))
    initial = [m + a for m, a in zip(maintenance, above, strict=True)]
    return [{"from": floor, "initial": i, "maintenance": m, "initial_deduction": di, "maintenance_deduction": dm}
            for floor, i, m, di, dm in zip(floors, initial, maintenance, deductions(floors, initial),
                                           deductions(floors, maintenance), strict=True)]


def deductions(floors, rates_):
    """D_k = D_{k-1} + n_k (r_k - r_{k-1})."""
    out = [0.0]
    for floor, before, rate in zip(floors[1:], rates_, rates_[1:], strict=False):
        out.append(out[-1] + floor * (rate - before))
    return out


@st.composite
def tiered_rules(draw, most=5):
    """The generic rules with a drawn tier table."""
    return {"base": "generic", "override": {"tiers": {"steps": draw(tiers(most))}}}


# Markets ----------------------------------------------------------------------------------------------------------

@st.composite
def surfaces(draw, price):
    """Points of one to three smiles."""
    expiries_ = draw(st.lists(st.sampled_from(SECONDS), min_size=1, max_size=3, unique=True))
    points = []
    for seconds in expiries_:
        strikes = draw(st.lists(st.sampled_from((0.5, 0.8, 1.0, 1.25, 2.0)), min_size=1, max_size=3, unique=True))
        points += [{"expiry": instant(seconds), "strike": m * price, "iv": draw(st.floats(0.1, 2.0))} for m in strikes]
    return points


@st.composite
def underlyings(draw, names=COINS[:2], price=usual_prices, carry=True):
    """Blocks of market.underlyings: price, volatility flat or surface, and where `carry` rates and forwards."""
    blocks = {}
    for name in names:
        block = {"price": draw(price)}
        block["volatility"] = draw(volatilities | surfaces(block["price"]))
        if carry and draw(st.booleans()):
            block["rate"] = draw(rates)
        if carry and draw(st.booleans()):
            basis = draw(st.floats(0.95, 1.06))
            block["forwards"] = [{"expiry": instant(35 * DAY), "price": basis * block["price"]}]
        blocks[name] = block
    return blocks


# Legs -------------------------------------------------------------------------------------------------------------

def units(notional, price):
    """Size in units of the underlying, within 1e-8 … 1e12."""
    return min(max(notional / price, 1e-8), 1e12)


@st.composite
def futures(draw, market, settlement=None, kinds=("perpetual", "future"), entry=multiples):
    name = draw(st.sampled_from(sorted(market)))
    price, notional, kind = market[name]["price"], draw(notionals), draw(st.sampled_from(kinds))
    settled = settlement or draw(st.sampled_from(("linear", "inverse")))
    size = units(notional, price) if settled == "linear" else notional
    leg = {"kind": kind, "underlying": name, "settlement": settled, "quantity": draw(signs) * size,
           "entry_price": price * draw(entry)}
    return leg | {"expiry": instant(draw(st.sampled_from((35 * DAY, 126 * DAY))))} if kind == "future" else leg


@st.composite
def options(draw, market, settlement=None, sign=signs, expiry=expiries):
    name = draw(st.sampled_from(sorted(market)))
    price = market[name]["price"]
    return {"kind": "option", "underlying": name, "settlement": settlement or draw(st.sampled_from(("linear", "inverse"))),
            "type": draw(st.sampled_from(("call", "put"))), "strike": price * draw(multiples),
            "expiry": instant(draw(expiry)), "quantity": draw(sign) * units(draw(notionals), price)}


def legs(market, least=1, most=6, settlement=None, expiry=expiries):
    """Legs of every kind, in one market; the marks come from the market, so legs of one instrument agree."""
    return st.lists(futures(market, settlement) | options(market, settlement, expiry=expiry), min_size=least, max_size=most)


def linear_legs(market, least=1, most=6):
    return st.lists(futures(market, "linear"), min_size=least, max_size=most)


@st.composite
def lots(draw, market, most=10):
    """Many legs of one to three instruments, their sizes far apart: what sums of floats are sensitive to."""
    kinds = draw(st.lists(futures(market) | options(market), min_size=1, max_size=3))
    chosen = draw(st.lists(st.tuples(st.sampled_from(range(len(kinds))), signs, notionals, multiples), min_size=3, max_size=most))
    held = []
    for kind, sign, notional, entry in chosen:
        leg, price = kinds[kind], market[kinds[kind]["underlying"]]["price"]
        face = leg["settlement"] == "inverse" and leg["kind"] != "option"
        lot = leg | {"quantity": sign * (notional if face else units(notional, price))}
        held.append(lot if leg["kind"] == "option" else lot | {"entry_price": price * entry})
    return held


@st.composite
def held_apart(draw, leg):
    """The leg with a mode of its own, and perhaps a pledge or leverage."""
    more = {"mode": draw(st.sampled_from(("cross", "isolated")))}
    if leg["kind"] != "option" and draw(st.booleans()):
        more["leverage"] = draw(st.sampled_from((1, 2, 5, 10, 25, 100)))
    if draw(st.booleans()):
        more["isolated_margin"] = draw(log_uniform(1e-2, 1e8))
    return leg | more


# Accounts ---------------------------------------------------------------------------------------------------------

def notional_of(leg, market):
    face = leg["settlement"] == "inverse" and leg["kind"] != "option"
    return abs(leg["quantity"]) * (1.0 if face else market[leg["underlying"]]["price"])


@st.composite
def balances(draw, market, dollars):
    """Cash, and perhaps coins of the market, none of them borrowed."""
    rows = [cash(dollars * draw(collateral_shares))]
    for name in draw(st.lists(st.sampled_from(sorted(market)), max_size=2)):
        rows.append(coin(name, dollars * draw(collateral_shares) / market[name]["price"]))
    return rows


@st.composite
def accounts(draw, market=None, book=None, rules="generic", names=COINS[:2], apart=False, **kind):
    """Account files: a market, one to six legs, collateral of a thousandth to twice the notional."""
    market = draw(underlyings(names)) if market is None else market
    held = draw(legs(market, **kind)) if book is None else draw(book(market))
    if apart:
        held = [draw(held_apart(leg)) for leg in held]
    dollars = max(math.fsum(notional_of(leg, market) for leg in held), 1e-2)
    return document(held, draw(balances(market, dollars)), market, rules)


@st.composite
def two_books(draw, book=legs, rules="generic", names=COINS[:2]):
    """(A, B, A + B): two books in one market, and both put together in one pool."""
    market = draw(underlyings(names))
    a, b = (draw(accounts(market, book, rules)) for _ in range(2))
    both = document(a["positions"] + [leg | {"id": leg["id"] + "b"} for leg in b["positions"]],
                    a["collateral"] + b["collateral"], market, rules)
    return a, b, both


@st.composite
def structures(draw):
    """Books with several roots: a few options of one expiry around the price, one long or short future, little cash."""
    price, seconds = 100.0, draw(st.sampled_from((6 * 3600, DAY, 7 * DAY, 30 * DAY)))
    width = draw(st.floats(0.3, 1.0)) * math.sqrt(seconds / YEAR)
    count = draw(st.integers(2, 5))
    held = [{"kind": "option", "underlying": "BTC", "settlement": draw(st.sampled_from(("linear", "inverse"))),
             "type": draw(st.sampled_from(("call", "put"))), "strike": price * math.exp(width * draw(st.floats(-3, 3))),
             "expiry": instant(seconds), "quantity": draw(st.sampled_from((-2.0, -1.0, 1.0, 2.0)))} for _ in range(count)]
    if draw(st.booleans()):
        held.append({"kind": "perpetual", "underlying": "BTC", "settlement": "linear", "entry_price": price,
                     "quantity": draw(st.sampled_from((-1.0, 1.0)))})
    market = {"BTC": {"price": price, "volatility": draw(st.floats(0.3, 1.0))}}
    return document(held, draw(st.floats(-50.0, 150.0)), market)


@st.composite
def conventions(draw):
    """`generic` under some choice of the conventions that venues differ in."""
    style = draw(st.sampled_from(("marginal", "marginal", "whole", "linear", "power", "leverage")))
    still = ("coins", "size", "dollars at entry")
    measure = draw(st.sampled_from(still if style in {"whole", "linear", "power"} else ("dollars", *still)))
    tiers = {**draw(tiered_rules())["override"]["tiers"], "style": style, "measure": measure}
    tiers["initial_style"] = draw(st.sampled_from(("marginal", "whole")))
    tiers["maintenance_at"] = draw(st.sampled_from(("tested price", "entry", "present mark")))
    tiers["maintenance_at_isolated"] = draw(st.sampled_from(("as in the pool", "tested price", "entry", "present mark")))
    tiers["by"] = draw(st.sampled_from(("instrument", "underlying"))) if measure == "size" else "instrument"
    slope = {name: draw(st.floats(0.0, 1e-9)) for name in ("BTC", "ETH")}
    tiers |= {"initial_slope": slope, "maintenance_slope": slope}
    fees = {"closing_rate": draw(st.floats(0.0, 0.01)),
            "closing_on": draw(st.sampled_from(("none", "tested price", "bankruptcy price", "entry", "entry and margin"))),
            "closing_in": draw(st.sampled_from(("liquidation test", "margin")))}
    futures = {"pledge": draw(st.sampled_from(("dollars", "coin"))), "sides": draw(st.sampled_from(("net", "both"))),
               "profit": draw(st.sampled_from(("both ways", "losses only"))),
               "opposite": draw(st.sampled_from(("both sides", "larger side")))}
    return {"base": "generic", "override": {"tiers": tiers, "fees": fees, "futures": futures}}
