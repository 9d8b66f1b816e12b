"""E7: edge inputs, each by name: a finite figure or a named reason, no warning, no NaN or infinity in what is printed."""

import copy
import json
import math
import warnings

import numpy as np
import pytest

from risk_core import output
from risk_core.__main__ import main
from risk_core.errors import MarginscopeError, Refused
from risk_core.margin.compare import LARGEST
from risk_core.margin.curves import walk
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load
from tests.core.books import (
    DAY,
    YEAR,
    call,
    coin,
    compared,
    document,
    future,
    instant,
    perpetual,
    put,
    single_rate,
)

MILLION = 1_000_000.0


def market(price=100.0, **more):
    return {"BTC": {"price": price, "volatility": 0.6} | more}


def with_price(price, doc):
    doc = copy.deepcopy(doc)
    doc["market"]["underlyings"]["BTC"]["price"] = price
    return doc


def surface(*points):
    return {"BTC": {"price": 100.0, "volatility": [{"expiry": instant(s), "strike": K, "iv": iv} for s, K, iv in points]}}


def jump_tier(measure, start):
    """The rate of its tier on the whole position: the charge jumps where the tier begins."""
    steps = [{"from": 0, "initial": 0.05, "maintenance": 0.025}, {"from": start, "initial": 0.1, "maintenance": 0.05}]
    return {"base": "generic", "override": {"tiers": {"steps": steps, "style": "whole", "measure": measure}}}


def history_of(window, **more):
    return {"base": "historical-var", "override": {"history": {"window": window, **more}}}


HISTORIES = ("historical-var", "filtered-var", "expected-shortfall", "stress-weighted-var")
HEDGED = [perpetual(10.0, 100.0), perpetual(-10.0, 90.0)]
STRADDLE = [call(100.0, -1.0), put(100.0, -1.0)]

FIGURES = {   # inputs that have an answer
    "nothing at all": document(),
    "no collateral": document([perpetual(1.0, 100.0)]),
    "no underlyings": document(collateral=5) | {"market": {"underlyings": {}}},
    "a zero balance": document([perpetual(1.0, 100.0)], 0),
    "a debt alone": document(collateral=-5),
    "a debt in coin alone": document(collateral=[coin("BTC", -1.0)]),
    "a price of 1e-8": document([perpetual(1e12, 1e-8), call(1e-8, -1e12)], 50, market(1e-8)),
    "a price of 1e7": document([perpetual(1e-8, 1e7), put(1e7, -1e-8)], 5, market(1e7)),
    "the largest account": document([perpetual(LARGEST / 1_000, 100.0)], LARGEST / 10),
    "the smallest leg": document([perpetual(1e-30, 100.0)], 5),
    "entry far above the price": document([perpetual(1.0, LARGEST / 10)], 5),
    "entry far below the price": document([perpetual(1.0, 1e-20)], 5),
    "an inverse entry far below the price": document([perpetual(1.0, 1e-12, settlement="inverse")], 5),
    "volatility of 1e-9": document(STRADDLE, 50, market(volatility=1e-9)),
    "volatility of 50": document(STRADDLE, 50, market(volatility=50.0)),
    "volatility of 1e30": document(STRADDLE, 500, market(volatility=1e30)),
    "an expiry in one microsecond": document([call(100.0, -1.0, seconds=1e-6)], 50),
    "an expiry in one second": document([call(100.0, -1.0, seconds=1), put(100.0, -1.0, seconds=1)], 50),
    "an expiry in a thousand years": document([call(100.0, -1.0, seconds=1_000 * YEAR)], 500),
    "expiry at 30 days, where the power changes": document(
        [call(100.0, -1.0, seconds=30 * DAY), call(100.0, 1.0, seconds=30 * DAY - 1)], 50),
    "a strike far above": document([call(1e20, -1.0), put(1e9, 1.0)], 50),
    "a strike far below": document([put(1e-20, -1.0), call(1e-9, 1.0)], 500),
    "a strike at the forward": document(STRADDLE, 50, market(rate=0.0)),
    "an option marked at its lower bound": document([call(80.0, -1.0, mark_price=20.0)], 50),
    "an option marked at its upper bound": document([call(80.0, -1.0, mark_price=100.0)], 500),
    "an option marked at 0": document([call(100.0, -1.0, mark_price=0)], 50),
    "an option entered at 0": document([call(100.0, -1.0, entry_price=0)], 50),
    "hedged to nothing": document(HEDGED, 50),
    "hedged up to one part in 1e13": document([perpetual(10.0, 100.0), perpetual(-10.0 * (1 - 1e-13), 100.0)], 50),
    "hedged up to one part in 1e11": document([perpetual(10.0, 100.0), perpetual(-10.0 * (1 - 1e-11), 100.0)], 50),
    "hedged by another contract": document([perpetual(10.0, 100.0), future(-10.0, 100.0)], 50),
    "linear against inverse": document([perpetual(10.0, 100.0), perpetual(-1000.0, 100.0, settlement="inverse")], 50),
    "no level": document([perpetual(10.0, 100.0)], 1_000),
    "two levels": document(STRADDLE, 45),
    "liquidated at any price": document([perpetual(1.0, 100.0)], -1e6),
    "liquidated now": document([perpetual(10.0, 100.0)], 10),
    "a touching root": document([perpetual(4.0, 100.0), future(-4.0, 100.0)], 20, rules=single_rate(0.5, 0.025)),
    "a buffer of exactly 0": document([perpetual(4.0, 100.0)], 100, rules=single_rate(0.5, 0.25)),
    "a notional exactly on a tier floor": document([perpetual(10_000.0, 100.0)], 1e5),
    "a notional one ulp below a floor": document([perpetual(math.nextafter(MILLION, 0.0), 100.0, settlement="inverse")], 1e5),
    "a notional one ulp above a floor": document([perpetual(math.nextafter(MILLION, 1e9), 100.0, settlement="inverse")], 1e5),
    "no maintenance rate at all": document([perpetual(1.0, 100.0)], 5, rules=single_rate(0.0, 0.0)),
    "a maintenance rate of one": document([perpetual(1.0, 100.0)], 5, rules=single_rate(1.0, 1.0)),
    "leverage of a millionth": document([perpetual(1.0, 100.0, leverage=1e-6, mode="isolated")], 5),
    "leverage of 1e12": document([perpetual(1.0, 100.0, leverage=1e12, mode="isolated")], 5),
    "a pledge of 0": document([perpetual(1.0, 100.0, isolated_margin=0, mode="isolated")], 5),
    "a pledge larger than the collateral": document([perpetual(1.0, 100.0, isolated_margin=1e6, mode="isolated")], 5),
    "every leg disabled": document([leg | {"enabled": False} for leg in HEDGED], 5),
    "a surface of one point": document([call(100.0, -1.0)], 50, surface((7 * DAY, 90.0, 0.5))),
    "a surface with an expired smile": document([call(100.0, -1.0)], 50, surface((-5, 90.0, 9.0), (7 * DAY, 90.0, 0.5))),
    "a surface that falls with time": document(
        [call(100.0, -1.0, seconds=20 * DAY)], 50, surface((7 * DAY, 90.0, 3.0), (40 * DAY, 90.0, 0.1))),
    "a rate of −300 %": document([call(100.0, -1.0), future(1.0, 100.0)], 50, market(rate=-3.0)),
    "a forward far from the index": document(
        [future(1.0, 100.0)], 50, market(forwards=[{"expiry": instant(35 * DAY), "price": 1e9}])),
    "collateral nobody has a haircut for": document(collateral=[coin("SHIB", 1e9)], assets={"SHIB": 1e-5}),
    "two hundred legs of one instrument": document([perpetual((-1) ** i * (i + 1.0), 100.0 + i) for i in range(200)], 5_000),
    "a hundred strikes a minute before expiry": document([call(50.0 + i, (-1.0) ** i, seconds=60) for i in range(100)], 500),
    "names in any script": document(
        [perpetual(1.0, 100.0, id="κέρδος \u202e<b>", underlying="比特币")], 5, {"比特币": {"price": 100.0}}),
    "numbers written as integers": document([perpetual(1, 100), call(100, -1)], 50, {"BTC": {"price": 100, "volatility": 1}}),
}

FIGURES |= {f"all-zero losses, {name}": document(HEDGED, 50, rules=name) for name in HISTORIES} | {
    "a one-row history": document(
        [perpetual(10.0, 100.0), call(120.0, -1.0)], 500, rules=history_of(2, horizon=2, horizon_scaling="overlapping windows")),
    "a history too short to fit": document([perpetual(10.0, 100.0)], 500, rules=history_of(2, filter="GARCH(1,1)")),
    "a jump tier by size, on its floor": document([perpetual(10.0, 100.0)], 500, rules=jump_tier("coins", 10.0)),
    "a jump tier by size, one ulp below": document([perpetual(math.nextafter(10.0, 0), 100.0)], 500, rules=jump_tier("coins", 10.0)),
}

REASONS = {   # inputs that have none: the path the refusal names
    "a quantity of 0": (document([perpetual(0, 100.0)]), "positions[0].quantity"),
    "a quantity of −0.0": (document([perpetual(-0.0, 100.0)]), "positions[0].quantity"),
    "a quantity that is NaN": (document([perpetual(math.nan, 100.0)]), "positions[0].quantity"),
    "a price that is infinite": (document(underlyings={"BTC": {"price": math.inf}}), "market.underlyings.BTC.price"),
    "a price of 0": (document(underlyings={"BTC": {"price": 0}}), "market.underlyings.BTC.price"),
    "a volatility of 0": (document(underlyings=market(volatility=0.0)), "market.underlyings.BTC.volatility"),
    "an expiry now": (document([call(100.0, 1.0, seconds=0)]), "positions[0].expiry"),
    "an expiry in the past": (document([future(1.0, 100.0, seconds=-1)]), "positions[0].expiry"),
    "an option nobody quotes": (document([call(100.0, 1.0)], underlyings={"BTC": {"price": 100.0}}), "positions[0].iv"),
    "an option whose smile has expired": (document([call(100.0, 1.0)], 0, surface((0, 90.0, 0.5))), "positions[0].iv"),
    "an empty surface": (document([call(100.0, 1.0)], 0, market(volatility=[])), "positions[0].iv"),
    "a mark below the bounds": (document([call(80.0, 1.0, mark_price=19.0)]), "positions[0].mark_price"),
    "a mark above the bounds": (document([put(80.0, 1.0, mark_price=80.5)]), "positions[0].mark_price"),
    "two marks for one instrument": (
        document([perpetual(1.0, 90.0, mark_price=mark) for mark in (99.0, 98.0)]), "positions[1].mark_price"),
    "leverage on an option": (document([call(100.0, 1.0, leverage=3)]), "positions[0].leverage"),
    "a negative pledge": (document([perpetual(1.0, 90.0, isolated_margin=-1)]), "positions[0].isolated_margin"),
    "an id given twice": (document([perpetual(1.0, 90.0, id="x"), perpetual(1.0, 90.0, id="x")]), "positions[1].id"),
    "an underlying the market lacks": (document([perpetual(1.0, 90.0, underlying="ETH")]), "positions[0].underlying"),
    "collateral without a price": (document(collateral=[coin("SHIB", 1.0)]), "collateral[0].asset"),
    "an account too large": (document([perpetual(LARGEST, 100.0)]), "$"),
    "an entry too large": (document([perpetual(1.0, LARGEST)]), "$"),
    "a pledge too large": (document([perpetual(1.0, 90.0, isolated_margin=LARGEST, mode="isolated")]), "$"),
    "a product that would overflow": (document([perpetual(1e30, 1e30)], 0, market(1e30)), "$"),
    "a number with no end": (document([perpetual(1e31, 1.0)]), "positions[0].quantity"),
    "a carry with no end": (document([future(1.0, 1.0)], 0, market(rate=1e6)), "market.underlyings.BTC.rate"),
    "a clock without offset": (document() | {"as_of": "2026-11-20T08:00:00"}, "as_of"),
    "a clock past the calendar": (document() | {"as_of": "0001-01-01T00:00:00+14:00"}, "as_of"),
    "a market that is a list": (document() | {"market": []}, "market"),
    "underlyings that are a list": (document() | {"market": {"underlyings": []}}, "market.underlyings"),
    "an underlying that is a number": (document() | {"market": {"underlyings": {"BTC": 5}}}, "market.underlyings.BTC"),
    "assets that are a list": (document(assets=[1.0]), "market.assets"),
    "a correlation of 2": (document(correlation={"BTC/ETH": 2}), "market.correlation.BTC/ETH"),
    "half a surrogate pair": (document() | {"name": "\ud800"}, "name"),
    "half a surrogate pair in a key": (document(assets={"\udc00": 1.0}), "market.assets.\udc00"),
    "a control character in a name": (document([perpetual(1.0, 90.0, id="a\nb")]), "positions[0].id"),
    "a jump tier that the price reaches": (document([perpetual(1.0, 90.0)], rules=jump_tier("dollars", 50.0)), "rules.override.tiers"),
    "a window of one day": (document([perpetual(1.0, 90.0)], rules=history_of(1)), "rules.override.history.window"),
    "rules that are a number": (document() | {"rules": 3}, "rules"),
    "a name that is a number": (document() | {"name": 3}, "name"),
}


@pytest.fixture(autouse=True)
def every_float_error_raises():
    """But underflow: a far option that is worth less than the smallest float is rightly worth 0."""
    with np.errstate(all="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def numbers(value):
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers(part)
    elif isinstance(value, float):
        yield value


def test_at_least_forty_edges_are_listed():
    assert len(FIGURES) + len(REASONS) >= 80


@pytest.mark.parametrize("name", FIGURES)
def test_E7_an_edge_with_a_finite_figure(name):
    shown = output.comparison(compared(FIGURES[name]), name)
    assert all(math.isfinite(number) for number in numbers(shown))
    assert "NaN" not in json.dumps(shown, allow_nan=False)


@pytest.mark.parametrize("name", REASONS)
def test_E7_an_edge_with_a_named_reason(name):
    doc, path = REASONS[name]
    with pytest.raises(MarginscopeError) as refused:
        read(json.dumps(doc)) and compared(doc)
    assert path in [problem.path for problem in refused.value.problems]


@pytest.mark.parametrize("name", FIGURES)
def test_E7_an_edge_in_words(name, tmp_path, capsys):
    file = tmp_path / "edge.json"
    file.write_text(json.dumps(FIGURES[name]), encoding="utf-8")
    assert main(["evaluate", str(file)]) == 0
    words = capsys.readouterr().out
    assert words.strip() and not {"nan", "inf", "-inf"} & set(words.replace(",", " ").split())


@pytest.mark.parametrize(("text", "reason"), [
    ("", "must be JSON text"), ("[" * 100_000, "nested too deeply"), ('{"a": 1} x', "must be JSON text"),
    ("[]", "must be one JSON object"), ('"text"', "must be one JSON object"), ("3", "must be one JSON object"),
    ("null", "must be one JSON object"),
    ("{" + '"a":{' * 60_000, "nested too deeply"), ("[" * 66 + "]" * 66, "must not be nested more than"), ('{"format": "x" "y"}', "must be JSON text"),
])
def test_E7_text_that_is_no_account(text, reason):
    with pytest.raises(Refused) as refused:
        read(text)
    (problem,) = refused.value.problems
    assert problem.path == "$" and reason in problem.rule


def test_E7_a_byte_order_mark_is_no_fault():
    assert read("\ufeff" + json.dumps(document())).digest == read(json.dumps(document())).digest


def test_E7_a_key_given_twice_anywhere_is_refused():
    text = json.dumps(document([perpetual(1.0, 100.0)], 5))
    for old, new, path in (('"amount": 5', '"amount": 5, "amount": 6', "collateral[0].amount"),
                           ('"price": 100.0', '"price": 100.0, "price": 7', "market.underlyings.BTC.price"),
                           ('"format"', '"rules": "generic", "format"', "rules")):
        with pytest.raises(Refused) as refused:
            read(text.replace(old, new))
        assert [(problem.path, problem.rule) for problem in refused.value.problems] == [(path, "is given more than once")]


def test_E7_every_problem_is_listed_with_its_value_and_rule():
    doc = document([perpetual(0, -1.0), call(-5.0, 1.0, leverage=2)], [coin("X", "1")])
    with pytest.raises(Refused) as refused:
        compared(doc)
    assert [str(problem) for problem in refused.value.problems] == [
        'collateral[0].amount: "1": must be a finite number',
        "positions[0].quantity: 0: must not be 0",
        "positions[0].entry_price: -1.0: must be above 0",
        "positions[1].leverage: 2: has no place on an option",
        "positions[1].strike: -5.0: must be above 0",
        'collateral[0].asset: "X": has no price: add it to market.assets',
    ]


def test_E7_a_mode_or_an_underlying_nobody_has_is_refused():
    doc = document([perpetual(1.0, 90.0)], 5)
    with pytest.raises(Refused, match=r'^modes: "hedge": is not a margin mode; there are as_held, isolated, cross, portfolio$'):
        compared(doc, ("cross", "hedge"))
    with pytest.raises(Refused, match=r'^moved: "ETH": is not in market.underlyings$'):
        walk(read(json.dumps(doc)), load.load("generic"), ["ETH"], np.ones(2))


def test_E7_a_long_value_is_cut_in_the_message():
    with pytest.raises(Refused) as refused:
        compared(document() | {"name": list(range(100))})
    (problem,) = refused.value.problems
    assert len(str(problem)) < 100 and "…" in str(problem)
