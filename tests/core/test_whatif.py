"""What-if: moves of price, volatility and days as a new account file."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.errors import Refused
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.whatif import WhatIf, move
from tests import accounts
from tests.core import strategies as some
from tests.core.books import (
    DAY,
    buffers,
    call,
    cash,
    coin,
    direction,
    document,
    equity,
    future,
    held,
    instant,
    maintenance,
    now,
    perpetual,
    put,
    result,
    scale,
)

half = settings(max_examples=max(settings.default.max_examples // 6, 1))
MARKET = {"BTC": {"price": 100.0, "volatility": 0.6, "funding_8h": 0.001}}


def moved(doc, **what_if):
    return dict(move(read_document(doc), WhatIf(**what_if)).document)


@half
@given(doc=some.accounts(apart=True))
def test_now_is_the_same_account(doc):
    account = read_document(doc)
    assert move(account, WhatIf()) is account
    assert move(account, WhatIf(prices={"BTC": 1.0})) is account
    assert WhatIf().is_now and not WhatIf(days=1.0).is_now and not WhatIf(prices={"BTC": 1.1}).is_now


@half
@given(doc=some.accounts(), factor=some.log_uniform(0.2, 5.0), mode=st.sampled_from(("cross", "portfolio")))
def test_a_price_move_is_the_state_of_the_walk(doc, factor, mode):
    """Volatility stays with its strike on the walk; in the file a surface is read at the same strikes again."""
    after = moved(doc, prices={"BTC": factor})
    holding = held(doc, mode)
    walked = buffers(holding, 0, direction(holding, ["BTC"]), [factor])[0]
    figures = now(after, mode)
    assert figures[0] - figures[2] == pytest.approx(walked, abs=1e-12 * (scale(doc) + scale(after)))


@pytest.mark.parametrize("seed", range(30))
def test_a_price_move_of_everything_for_random_accounts(seed):
    doc = accounts.random_account(seed + 2_000)
    after = moved(doc, price=1.13)
    for mode in ("cross", "portfolio"):
        holding = held(doc, mode)
        names = holding.account.underlyings
        walked = buffers(holding, 0, direction(holding, names), [1.13])[0]
        got = now(after, mode)
        assert got[0] - got[2] == pytest.approx(walked, abs=1e-11 * (scale(doc) + scale(after)))


@half
@given(doc=some.accounts(), a=some.log_uniform(0.5, 2.0), b=some.log_uniform(0.5, 2.0), v=some.log_uniform(0.5, 2.0))
def test_moves_multiply(doc, a, b, v):
    one = moved(moved(doc, price=a, volatility=v), prices={"ETH": b})
    both = moved(doc, price=a, prices={"ETH": b}, volatility=v)
    for mode in ("cross", "portfolio"):
        assert now(one, mode) == pytest.approx(now(both, mode), abs=1e-11 * (scale(one) + scale(both)))


def test_forwards_and_marks_of_futures_move_with_the_price():
    market = {"BTC": {"price": 100.0, "volatility": 0.6, "forwards": [{"expiry": instant(35 * DAY), "price": 104.0}]}}
    after = moved(document([future(1.0, 100.0), perpetual(1.0, 100.0, mark_price=101.0)], 0, market), price=0.5)
    assert after["market"]["underlyings"]["BTC"]["forwards"][0]["price"] == 52.0
    assert [leg.get("mark_price") for leg in after["positions"]] == [None, 50.5]
    assert [leg.notional for leg in result(after).positions] == [52.0, 50.5]


@pytest.mark.parametrize("volatility", [0.6, [{"expiry": instant(20 * DAY), "strike": 90, "iv": 0.7},
                                              {"expiry": instant(50 * DAY), "strike": 120, "iv": 0.5}]])
def test_volatility_is_multiplied_everywhere(volatility):
    legs = [call(100.0, 1.0), put(95.0, -1.0, iv=0.8), call(110.0, 1.0, mark_price=3.0), put(70.0, 1.0, enabled=False)]
    doc = document(legs, 0, {"BTC": {"price": 100.0, "volatility": volatility}})
    before, after = (read_document(d).instruments.volatility for d in (doc, moved(doc, volatility=1.5)))
    assert after == pytest.approx(1.5 * before, rel=1e-9)
    block = moved(doc, volatility=1.5)["market"]["underlyings"]["BTC"]["volatility"]
    assert block == 0.6 * 1.5 if volatility == 0.6 else [row["iv"] for row in block] == [0.7 * 1.5, 0.75]


@given(days=st.floats(0.01, 29.0))
def test_days_bring_expiry_nearer_and_leave_volatility(days):
    doc = document([call(100.0, 1.0), put(90.0, 1.0, mark_price=2.0)], 0)
    before, after = (read_document(d).instruments for d in (doc, moved(doc, days=days)))
    assert after.years * 365.0 == pytest.approx(30.0 - days, abs=1e-9)
    assert after.volatility == pytest.approx(before.volatility, rel=1e-12)
    assert equity(moved(doc, days=days), "portfolio") < equity(doc, "portfolio")      # a long option loses by time


LEGS = [  # leg, and what it pays at 130: in dollars, or in coin (dollars ÷ 130)
    (call(110.0, 2.0, seconds=DAY), "USD", 40.0),
    (call(150.0, 2.0, seconds=DAY), None, 0.0),
    (put(150.0, -1.0, seconds=DAY), "USD", -20.0),
    (call(110.0, 2.0, seconds=DAY, settlement="inverse"), "BTC", 40.0 / 130.0),
    (future(3.0, 100.0, seconds=DAY), "USD", 90.0),
    (future(-300.0, 100.0, seconds=DAY, settlement="inverse"), "BTC", -300.0 * (1.3 - 1.0) / 130.0),
]


@pytest.mark.parametrize(("leg", "asset", "paid"), LEGS)
@pytest.mark.parametrize("days", [1.0, 2.5])
def test_a_leg_that_expires_is_settled_into_collateral(leg, asset, paid, days):
    after = moved(document([leg, perpetual(1.0, 100.0)], 50), price=1.3, days=days)
    assert [row["id"] for row in after["positions"]] == ["p1"]
    assert after["collateral"] == [cash(50)] + ([coin(asset, pytest.approx(paid))] if asset else [])


def test_settling_keeps_the_equity_it_had_just_before():
    for leg, _, _ in LEGS:
        doc = document([leg], [cash(50)], rules={"base": "generic", "override": {"collateral": {"haircuts": {"BTC": 0.0}}}})
        just_before = moved(doc, price=1.3, days=1.0 - 1e-9)
        assert equity(moved(doc, price=1.3, days=1.0), "portfolio") == pytest.approx(equity(just_before, "portfolio"), abs=1e-3)


@pytest.mark.parametrize(("leg", "paid"), [
    (perpetual(2.0, 90.0), cash(-2 * 100 * 0.001 * 3 * 2)),                            # a long pays a positive rate
    (perpetual(-2.0, 90.0), cash(2 * 100 * 0.001 * 3 * 2)),
    (perpetual(500.0, 90.0, settlement="inverse"), coin("BTC", -500 * 0.001 * 3 * 2 / 100)),
    (perpetual(2.0, 90.0, mark_price=105.0), cash(-2 * 105 * 0.001 * 3 * 2)),
    (future(2.0, 90.0), None), (call(100.0, 2.0), None), (perpetual(2.0, 90.0, enabled=False), None),
])
def test_perpetuals_pay_funding_over_the_days(leg, paid):
    after = moved(document([leg], 0, MARKET), days=2.0)
    rows = [row for row in after["collateral"] if row["amount"]]
    assert rows == ([] if paid is None else [{"asset": paid["asset"], "amount": pytest.approx(paid["amount"])}])


def test_funding_in_coin_is_paid_at_the_moved_price():
    after = moved(document([perpetual(500.0, 90.0, settlement="inverse")], 0, MARKET), price=2.0, days=1.0)
    assert after["collateral"][-1] == coin("BTC", pytest.approx(-500 * 0.001 * 3 / 200))


def test_a_disabled_leg_is_kept_as_it_is():
    gone = future(1.0, 100.0, underlying="GONE", seconds=-5, enabled=False)
    after = moved(document([gone, call(100.0, 1.0, seconds=DAY, enabled=False)], 5), price=1.2, days=40.0)
    assert [row["id"] for row in after["positions"]] == ["p0", "p1"] and after["collateral"] == [cash(5)]


@pytest.mark.parametrize(("what_if", "paths"), [
    ({"price": 0.0}, {"what_if.price"}), ({"price": -1.0}, {"what_if.price"}), ({"price": math.nan}, {"what_if.price"}),
    ({"volatility": 0.0, "prices": {"BTC": -2.0}}, {"what_if.volatility", "what_if.BTC"}),
    ({"size": 0.0, "leverage": -1.0}, {"what_if.size", "what_if.leverage"}),
    ({"days": -1.0}, {"what_if.days"}), ({"days": 36_501.0}, {"what_if.days"}), ({"days": math.nan}, {"what_if.days"}),
    ({"price": 1e-40}, {"market.underlyings.BTC.price"}),
])
def test_moves_out_of_range_are_refused(what_if, paths):
    with pytest.raises(Refused) as refused:
        moved(document([perpetual(1.0, 100.0)], 5), **what_if)
    assert {problem.path for problem in refused.value.problems} >= paths


def test_a_day_past_the_end_of_the_calendar_is_refused():
    doc = document((), 5) | {"as_of": "9990-01-01T00:00:00Z"}
    with pytest.raises(Refused, match="what_if.days"):
        moved(doc, days=36_500.0)


def test_the_clock_moves():
    after = moved(document([perpetual(1.0, 100.0)], 5), days=1.5)
    assert after["as_of"] == instant(1.5 * DAY) and read_document(after).market.as_of > read_document(document()).market.as_of


@half
@given(doc=some.accounts(apart=True), price=some.log_uniform(0.5, 2.0), volatility=some.log_uniform(0.5, 2.0),
       days=st.floats(0.0, 60.0))
def test_what_comes_out_is_an_account_file_and_evaluates(doc, price, volatility, days):
    after = move(read_document(doc), WhatIf(price=price, volatility=volatility, days=days))
    assert read_document(after.document).digest == after.digest
    assert math.isfinite(result(dict(after.document), "as_held").head.equity)


def test_maintenance_of_a_moved_account_by_hand():
    assert maintenance(moved(document([perpetual(10.0, 90.0)], 0), price=1.2)) == pytest.approx(0.025 * 1_200)


def test_sizes_scale_quantities_and_pledges_but_no_other_balance():
    doc = document([perpetual(2.0, 100.0, leverage=5.0, isolated_margin=50.0), future(-1.0, 90.0)], 500, MARKET)
    after = moved(doc, size=3.0)
    assert [row["quantity"] for row in after["positions"]] == [6.0, -3.0]
    assert after["positions"][0]["isolated_margin"] == 150.0 and after["positions"][0]["leverage"] == 5.0
    assert after["collateral"] == doc["collateral"]


@half
@given(doc=some.accounts(apart=True), size=some.log_uniform(0.1, 10.0))
def test_sizes_scale_the_profit_of_futures_and_perpetuals(doc, size):
    doc = {**doc, "positions": [row for row in doc["positions"] if row["kind"] != "option"]}
    start, after = doc["collateral"], moved(doc, size=size)
    empty = equity({**doc, "positions": []})
    assert after["collateral"] == start
    assert equity(after) - empty == pytest.approx(size * (equity(doc) - empty), abs=1e-9 * (scale(doc) + scale(after)))


@pytest.mark.parametrize(("leg", "premium"), [
    (call(100.0, 2.0, entry_price=4.0), {"asset": "USD", "amount": -8.0}),
    (put(100.0, -3.0, entry_price=0.5), {"asset": "USD", "amount": 1.5}),
    (call(100.0, 2.0, settlement="inverse", entry_price=0.04), {"asset": "BTC", "amount": pytest.approx(-0.08)}),
])
def test_options_pay_the_premium_of_their_further_size(leg, premium):
    assert moved(document([leg], 500, MARKET), size=2.0)["collateral"][1:] == [premium]


def test_options_without_entry_price_are_added_at_the_present_mark():
    doc = document([call(100.0, 2.0), put(90.0, -1.0)], 500, MARKET)
    before, after = equity(doc, "portfolio"), moved(doc, size=5.0)
    assert equity(after, "portfolio") == pytest.approx(before, rel=1e-12)


def test_leverage_scales_leverage_and_pledges_of_what_has_one():
    doc = document([perpetual(2.0, 100.0, leverage=5.0), future(1.0, 100.0, isolated_margin=40.0),
                    call(100.0, -1.0, isolated_margin=30.0), perpetual(1.0, 100.0)], 500, MARKET)
    legs = moved(doc, leverage=2.0)["positions"]
    assert legs[0]["leverage"] == 10.0 and "isolated_margin" not in legs[0]
    assert legs[1]["isolated_margin"] == 20.0 and legs[2]["isolated_margin"] == 30.0
    assert "leverage" not in legs[3] and "isolated_margin" not in legs[3]


def test_more_leverage_brings_the_isolated_level_nearer():
    doc = document([perpetual(1.0, 100.0, leverage=2.0)], 1_000, MARKET)
    levels = [result(moved(doc, leverage=factor), "isolated").liquidation["BTC"].below for factor in (0.5, 1.0, 4.0)]
    assert levels[0] is None and levels[1] < levels[2]


def test_a_disabled_leg_is_not_scaled():
    doc = document([perpetual(1.0, 100.0, leverage=2.0, enabled=False)], 5, MARKET)
    assert moved(doc, size=3.0, leverage=2.0)["positions"] == doc["positions"]
