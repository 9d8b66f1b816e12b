"""Every template on every underlying of the sample market: valid, evaluated in every mode, and what it says it is."""

import json

import pytest

from db.samples import SAMPLES
from pages.ui import expiries, placing, templates
from pages.ui.placing import Order
from pages.ui.templates import TEMPLATES, Lacking
from risk_core.margin.compare import compare
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load

SAMPLE = json.loads((SAMPLES / "14-mixed-book.margin.json").read_text("utf-8"))
ACCOUNT = read_document(SAMPLE)
PAIRS = [("BTC", "ETH"), ("ETH", "BTC"), ("SOL", "BTC")]


def order(name, underlying="BTC", other="ETH", size=100_000.0, in_dollars=True, **more):
    template = TEMPLATES[name]
    if "btc" in template.needs:
        underlying, other = ("ETH", "BTC") if underlying == "BTC" else (underlying, "BTC")
    return Order(template, underlying, expiries.usual(SAMPLE, underlying), size, in_dollars, other, **more)


def legs(name, **more):
    return placing.place(order(name, **more), ACCOUNT).legs


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize(("underlying", "other"), PAIRS)
@pytest.mark.parametrize("fresh", [True, False], ids=["new", "present"])
def test_every_template_is_valid_and_evaluates_in_every_mode(name, underlying, other, fresh):
    if underlying == "SOL" and "options" in TEMPLATES[name].needs:
        with pytest.raises(Lacking, match="SOL has no implied volatility"):
            placing.place(order(name, underlying, other), ACCOUNT)
        return
    placed = placing.place(order(name, underlying, other), ACCOUNT)
    account = read_document(placing.into(placed, placing.empty(SAMPLE, name, 50_000) if fresh else SAMPLE))
    result = compare(account, load.resolve(account.rules))
    assert set(result.modes) == set(MODES)
    assert all(mode.head.maintenance_margin >= 0 for mode in result.modes.values())
    assert len({leg["id"] for leg in account.document["positions"]}) == len(account.document["positions"])


@pytest.mark.parametrize("name", TEMPLATES)
def test_legs_are_opened_at_the_present_mark(name):
    placed = placing.place(order(name), ACCOUNT)
    account = read_document(placing.into(placed, SAMPLE))
    for leg in placed.legs:
        mark = account.instruments.mark[account.book.instrument[account.book.ids.index(leg["id"])]]
        assert leg["entry_price"] == pytest.approx(mark, rel=1e-4)


@pytest.mark.parametrize("name", [name for name, one in TEMPLATES.items() if "options" in one.needs])
@pytest.mark.parametrize("underlying", ["BTC", "ETH"])
def test_strikes_lie_on_a_sensible_grid_and_expiries_are_the_markets(name, underlying):
    size = templates.step(ACCOUNT.market.underlyings[underlying].price)
    for leg in legs(name, underlying=underlying):
        if leg["kind"] == "option":
            assert leg["strike"] % size == 0
            assert leg["expiry"] in expiries.of_market(SAMPLE, underlying)


def test_steps_are_one_two_or_five():
    assert [templates.step(forward) for forward in (77_063, 2_411.7, 129.1, 1.07, 0.00012)] == \
        pytest.approx([1_000, 50, 2, 0.02, 2e-6])


def test_the_condor_holds_a_bought_wing_outside_each_sold_strike():
    low, put, call, high = legs("iron-condor")
    assert low["strike"] < put["strike"] < call["strike"] < high["strike"]
    assert [leg["quantity"] > 0 for leg in (low, put, call, high)] == [True, False, False, True]


def test_the_calendar_has_one_strike_and_two_expiries():
    near, far = legs("calendar")
    assert near["strike"] == far["strike"] and near["expiry"] < far["expiry"]
    assert near["quantity"] == -far["quantity"] < 0


def test_the_pair_has_equal_dollars_on_both_sides():
    long, short = legs("pair")
    assert long["quantity"] * long["entry_price"] == pytest.approx(-short["quantity"] * short["entry_price"], rel=1e-3)


def test_the_funding_carry_has_equal_dollars_on_both_sides():
    inverse, linear = legs("funding-carry")
    assert inverse["settlement"] == "inverse" and inverse["quantity"] % 10 == 0
    assert linear["quantity"] * linear["entry_price"] == pytest.approx(-inverse["quantity"], rel=1e-5)


def test_the_covered_call_holds_the_coins_and_books_its_premium_in_coin():
    placed = placing.place(order("covered-call", size=2, in_dollars=False), ACCOUNT)
    (call,) = placed.legs
    assert call["settlement"] == "inverse" and call["quantity"] == -2
    assert placed.balances["BTC"] == pytest.approx(2 + 2 * call["entry_price"])


def test_coins_of_a_template_are_paid_for_unless_they_are_owned():
    bought = placing.place(order("cash-and-carry", size=1, in_dollars=False), ACCOUNT).balances
    price = ACCOUNT.market.underlyings["BTC"].price
    assert bought == {"BTC": 1, "USDC": pytest.approx(-price, abs=0.01)}
    assert placing.place(order("cash-and-carry", size=1, in_dollars=False, bought=False), ACCOUNT).balances == {"BTC": 1}


def test_premiums_are_booked_in_the_dollar_asset_held():
    placed = placing.place(order("short-straddle", size=1, in_dollars=False), ACCOUNT)
    assert placed.balances == {"USDC": pytest.approx(sum(leg["entry_price"] for leg in placed.legs), abs=0.01)}
    assert placing.into(placed, SAMPLE)["collateral"][0]["amount"] == pytest.approx(30_000 + placed.balances["USDC"])
    assert not placing.place(order("short-straddle", premiums=False), ACCOUNT).balances


def test_max_leverage_asks_no_more_than_the_rules():
    (leg,) = legs("max-leverage-long")
    assert leg["leverage"] == 20
    (big,) = legs("max-leverage-long", size=6_000_000)
    assert big["leverage"] == 9


def test_without_expiries_in_the_market_30_and_60_days_at_eight_are_offered():
    assert expiries.choices(SAMPLE, "SOL") == ["2026-09-21T08:00:00Z", "2026-10-21T08:00:00Z"]


def test_a_second_coin_is_asked_for():
    with pytest.raises(Lacking, match="second underlying"):
        placing.place(order("pair", other=""), ACCOUNT)


def test_a_new_account_keeps_market_and_rules():
    fresh = placing.empty(SAMPLE, "Mine", 1_000)
    assert fresh["market"] is SAMPLE["market"] and fresh["rules"] == "generic"
    assert fresh["collateral"] == [{"asset": "USD", "amount": 1_000}]
