"""Account files with open orders, made by hand or drawn, and their figures."""

from hypothesis import strategies as st

from risk_core.margin.compare import compare
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import kinds, load
from tests.core import strategies as some
from tests.core.books import DAY, changed, instant

LARGER, EACH, NONE = kinds.kinds()["orders.initial"].options


def order(quantity, price=100.0, kind="perpetual", underlying="BTC", settlement="linear", **more):
    expiry = {"expiry": instant(35 * DAY)} if kind == "future" else {}
    return {"kind": kind, "underlying": underlying, "settlement": settlement, "quantity": quantity, "price": price,
            **expiry, **more}


def resting(doc, orders, /, **override):
    """The account file with orders, and sections laid over its rulebook."""
    rules = doc["rules"] if isinstance(doc["rules"], dict) else {"base": doc["rules"], "override": {}}
    rules = {**rules, "override": {**rules["override"], **override}}
    return changed(doc, orders=[{"id": f"o{i}"} | one for i, one in enumerate(orders)], rules=rules)


def results(doc, modes=tuple(MODES)):
    account = read_document(doc)
    return compare(account, load.resolve(account.rules), modes).modes


def initial(doc, mode="cross"):
    return results(doc, [mode])[mode].head.initial_margin


@st.composite
def orders(draw, market, most=4):
    """Orders in the market of an account, their sizes like those of its legs."""
    legs = draw(st.lists(some.futures(market), min_size=1, max_size=most))
    out = []
    for leg in legs:
        row = {key: leg[key] for key in ("kind", "underlying", "settlement", "quantity", "expiry") if key in leg}
        row["price"] = leg["entry_price"]
        if draw(st.booleans()):
            row["leverage"] = draw(st.sampled_from((1, 2, 5, 10, 25, 100)))
        out.append(row)
    return out


@st.composite
def books(draw, rules="generic", book=None, **override):
    """Account files with orders in their own market, legs pledged apart or not."""
    doc = draw(some.accounts(rules=rules, apart=book is None, book=book))
    return resting(doc, draw(orders(doc["market"]["underlyings"])), **override)


@st.composite
def geared(draw, market):
    return [leg | ({"leverage": draw(st.sampled_from((2, 10, 50)))} if draw(st.booleans()) else {})
            for leg in draw(some.legs(market).map(lambda legs: [leg for leg in legs if leg["kind"] != "option"]))]


def drawn_rules():
    return st.tuples(some.conventions(), st.sampled_from((LARGER, EACH, NONE))).map(lambda pair: {
        **pair[0], "override": {**pair[0]["override"], "orders": {"initial": pair[1]}}})
