"""T: charges by tier, in isolated and cross."""

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin.charges import schedule
from risk_core.rulebooks import load
from tests.core import strategies as some
from tests.core.books import (
    DAY,
    buffer,
    call,
    cash,
    close,
    covers,
    document,
    equity,
    held,
    initial,
    leg_figures,
    maintenance,
    now,
    perpetual,
    put,
    regions,
    result,
    scale,
    single_rate,
    times,
    with_more,
)

sides = pytest.mark.parametrize("side", ("initial", "maintenance"))
amounts = some.log_uniform(1e-6, 1e12)


def charge(rules, side, notional):
    return float(schedule.of_notional(load.resolve(rules).rules.tiers, side, np.array([notional]))[0])


@sides
@given(rules=some.tiered_rules())
def test_T1_the_charge_is_continuous_at_every_floor(side, rules):
    for step in rules["override"]["tiers"]["steps"][1:]:
        floor = step["from"]
        assert close(charge(rules, side, floor), charge(rules, side, math.nextafter(floor, 0.0)), 1e-12 * floor)


@sides
@given(rules=some.tiered_rules(), a=amounts, b=amounts)
def test_T2_the_charge_never_falls_with_size(side, rules, a, b):
    assert charge(rules, side, min(a, b)) <= charge(rules, side, max(a, b))


@sides
@given(rules=some.tiered_rules(), a=amounts, b=amounts, t=st.floats(0.0, 1.0))
def test_T3_the_charge_is_convex(side, rules, a, b, t):
    mixed = charge(rules, side, t * a + (1 - t) * b)
    assert mixed <= t * charge(rules, side, a) + (1 - t) * charge(rules, side, b) + 1e-12 * (a + b)


@sides
@given(rules=some.tiered_rules(), a=amounts, b=amounts)
def test_T4_the_charge_is_superadditive(side, rules, a, b):
    assert charge(rules, side, a + b) >= charge(rules, side, a) + charge(rules, side, b) - 1e-12 * (a + b)


@sides
@given(rules=some.tiered_rules(most=1), a=amounts, b=amounts)
def test_T4_one_tier_is_additive(side, rules, a, b):
    assert close(charge(rules, side, a + b), charge(rules, side, a) + charge(rules, side, b), 1e-12 * (a + b))


@given(doc=some.tiered_rules().flatmap(lambda rules: some.accounts(rules=rules)), k=some.log_uniform(1.0, 100.0))
def test_T5_a_book_k_times_as_large_needs_at_least_k_times_as_much(doc, k):
    assert maintenance(times(doc, k)) >= k * maintenance(doc) - 1e-12 * k * scale(doc)


@given(doc=some.tiered_rules(most=1).flatmap(lambda rules: some.accounts(rules=rules)), k=some.log_uniform(1.0, 100.0))
def test_T5_with_one_tier_exactly_k_times(doc, k):
    assert close(maintenance(times(doc, k)), k * maintenance(doc), 1e-12 * k * scale(doc))


@given(rules=some.tiered_rules(), n=amounts)
def test_T6_the_charge_lies_between_the_lowest_and_the_highest_rate(rules, n):
    steps = rules["override"]["tiers"]["steps"]
    for side in ("initial", "maintenance"):
        assert steps[0][side] * n * (1 - 1e-12) <= charge(rules, side, n) <= steps[-1][side] * n * (1 + 1e-12)


@given(doc=some.accounts(apart=True))
@pytest.mark.parametrize("mode", ("as_held", "isolated", "cross", "portfolio"))
def test_T6_maintenance_is_not_negative_and_initial_not_below_it(mode, doc):
    _, initial_now, maintenance_now = now(doc, mode)
    assert 0.0 <= maintenance_now <= initial_now * (1 + 1e-12) < math.inf


@given(doc=some.accounts(book=some.linear_legs))
def test_T7_a_linear_book_and_its_opposite_need_the_same(doc):
    assert maintenance(doc) == maintenance(times(doc, -1.0)) and initial(doc) == initial(times(doc, -1.0))


@given(doc=some.accounts(book=some.linear_legs), leverage=st.floats(0.5, 200.0))
def test_T8_leverage_enters_initial_margin_only(doc, leverage):
    legs = [leg | {"leverage": leverage} for leg in doc["positions"]]
    geared = doc | {"positions": legs}
    assert maintenance(geared) == maintenance(doc) and initial(geared) >= initial(doc)
    assert result(geared, "portfolio").head == result(doc, "portfolio").head          # portfolio ignores leverage


@given(notional=amounts, leverage=st.floats(0.5, 200.0))
def test_T8_initial_margin_is_the_larger_of_tier_and_notional_over_leverage(notional, leverage):
    doc = document([perpetual(notional / 100.0, 100.0, leverage=leverage)], 0)
    plain = document([perpetual(notional / 100.0, 100.0)], 0)
    assert math.isclose(initial(doc), max(initial(plain), notional / leverage), rel_tol=1e-12)


def test_T8_the_smallest_leverage_given_applies_to_the_net():
    # Net 1 × 100; leverages 50 and 4: initial = max(5 % × 100, 100 ÷ 4) = 25.
    doc = document([perpetual(3.0, 100.0, leverage=50), perpetual(-1.0, 90.0, leverage=4), perpetual(-1.0, 90.0)], 0)
    assert initial(doc) == 25.0


@given(market=some.underlyings(), data=st.data())
def test_T9_cross_adds_up_over_different_underlyings(market, data):
    parts = [document([leg | {"underlying": name} for leg in data.draw(some.legs({name: market[name]}))], 0, market)
             for name in sorted(market)]
    both = with_more(parts[0], parts[1]["positions"])
    for figure in (initial, maintenance):
        assert close(figure(both), sum(figure(part) for part in parts), 1e-12 * scale(both))


@given(market=some.underlyings(names=("BTC",)), a=some.notionals, b=some.notionals, data=st.data())
def test_T10_legs_of_one_instrument_are_charged_as_their_net(market, a, b, data):
    leg = data.draw(some.futures(market))
    signs = data.draw(some.signs), data.draw(some.signs)
    first, second = (leg | {"quantity": sign * size} for sign, size in zip(signs, (a, b), strict=True))
    net = first["quantity"] + second["quantity"]
    both, tolerance = document([first, second], 0, market), 1e-12 * scale(document([first, second], 0, market))
    alone = maintenance(document([leg | {"quantity": net}], 0, market)) if net else 0.0
    assert close(maintenance(both), alone, tolerance)
    if signs[0] != signs[1]:   # opposite: never more than the larger leg, so never more than both
        apart = [maintenance(document([one], 0, market)) for one in (first, second)]
        assert maintenance(both) <= max(apart) + tolerance


@given(doc=some.accounts(apart=True), data=st.data())
def test_T11_nothing_else_touches_an_isolated_position(doc, data):
    first = doc["positions"][0] | {"mode": "isolated"}
    market = doc["market"]["underlyings"]
    other = data.draw(some.legs(market, least=0, most=3))
    mine = document([first], 1.0, market)
    more = document([first, *(leg | {"id": f"other{i}", "mode": "isolated"} for i, leg in enumerate(other))],
                    data.draw(some.log_uniform(1e-2, 1e9)), market)
    before, after = (leg_figures(one, "as_held", first["id"]) for one in (mine, more))
    for field in fields(before):   # levels to 1e-8: what counts as a buffer of 0 is a share of the account's size
        a, b = getattr(before, field.name), getattr(after, field.name)
        assert a == b or math.isclose(a, b, rel_tol=1e-8 if field.name.endswith("_price") else 0.0)


@given(q=st.floats(1e-9, 100.0) | st.floats(-100.0, -1e-9), pledge=st.floats(0.0, 1e5), x=st.floats(0.0, 1e5))
def test_T12_a_pledge_raises_the_buffer_by_itself_and_leaves_the_pool(q, pledge, x):
    def pledged(amount):
        return document([perpetual(q, 90.0, mode="isolated", isolated_margin=amount)], 5e5)

    less, more = result(pledged(pledge), "as_held"), result(pledged(pledge + x), "as_held")
    tolerance = 1e-12 * (6e5 + pledge + x + 200 * abs(q))
    assert close(more.positions[0].buffer, less.positions[0].buffer + x, tolerance)
    assert close(more.pool.available, less.pool.available - x, tolerance)
    assert close(more.head.equity, less.head.equity, tolerance)


@given(market=some.underlyings(), data=st.data())
def test_T13_a_long_option_needs_nothing_and_is_never_liquidated(market, data):
    leg = data.draw(some.options(market, sign=st.just(1.0)))
    got = result(document([leg], 0, market), "isolated")
    only = got.positions[0]
    assert (only.initial_margin, only.maintenance_margin, only.pledged, only.liquidation_price) == (0, 0, 0, None)
    assert not got.liquidation[leg["underlying"]].regions
    worth = equity(document([leg], 0, market), "portfolio")
    assert maintenance(document([leg], 0, market), "portfolio") <= worth * (1 + 1e-12)   # loss ≤ premium


spots = some.log_uniform(20.0, 500.0)
spreads = st.floats(0.01, 2.8)   # total volatility σ√T


def short(make, spot, v):
    seconds = 365 * DAY
    return document([make(100.0, -1.0, seconds=seconds)], 0, {"BTC": {"price": spot, "volatility": v}})


@given(a=spots, b=spots, v=st.floats(0.01, 5.0))
def test_T15_a_short_call_needs_more_at_a_higher_price(a, b, v):
    low, high = (short(call, spot, v) for spot in sorted((a, b)))
    assert maintenance(low) <= maintenance(high) + 1e-10 and initial(low) <= initial(high) + 1e-10


@given(a=spots, b=spots, v=spreads)
def test_T15_a_short_put_needs_less_at_a_higher_price(a, b, v):
    """Where Φ(-v/2), the least slope of the mark below the strike, is at least the rate: v ≤ 2.87 at 7.5 %, 2.07 at 15 %."""
    low, high = (short(put, spot, v) for spot in sorted((a, b)))
    assert maintenance(low) >= maintenance(high) - 1e-10
    assert initial(low) >= initial(high) - 1e-10 or v > 2.07


def test_T15_fails_for_a_short_put_of_extreme_volatility():
    # σ√T = 5, strike 100: Φ(-2.5) = 0.6 % < 7.5 %, so close below the strike the rate on the index outweighs the mark.
    assert maintenance(short(put, 99.0, 5.0)) > maintenance(short(put, 90.0, 5.0))


@given(q=st.floats(0.01, 1e4), entry=st.floats(50.0, 200.0))
def test_isolated_pledge_defaults_to_entry_notional_over_leverage_then_to_the_initial_margin(q, entry):
    geared = leg_figures(document([perpetual(q, entry, leverage=8)], 0), "isolated")
    plain = leg_figures(document([perpetual(-q, entry)], 0), "isolated")
    face = leg_figures(document([perpetual(-1000.0 * q, entry, settlement="inverse", leverage=8)], 0), "isolated")
    assert math.isclose(geared.pledged, q * entry / 8) and plain.pledged == plain.initial_margin
    assert face.pledged == 1000.0 * q / 8


def test_tiers_by_hand():
    # 12,000,000 of notional: 20 % × 12,000,000 − 550,000 = 1,850,000 and 10 % × 12,000,000 − 275,000 = 925,000;
    # part by part 5 % × 1 M + 10 % × 4 M + 20 % × 7 M = 50,000 + 400,000 + 1,400,000 = 1,850,000.
    doc = document([perpetual(120_000.0, 100.0)], 0)
    assert (initial(doc), maintenance(doc)) == (1_850_000.0, 925_000.0)
    inverse = document([perpetual(-12_000_000.0, 100.0, settlement="inverse")], 0, {"BTC": {"price": 73.0}})
    assert (initial(inverse), maintenance(inverse)) == (1_850_000.0, 925_000.0)


@pytest.mark.parametrize(("leg", "spot", "expected"), [
    # index 100, volatility so low that the mark is the intrinsic value
    (call(90.0, -2.0), 100.0, (2 * (15 + 10), 2 * (7.5 + 10))),       # in the money: 0.15 S + m, 0.075 S + m
    (call(110.0, -2.0), 100.0, (2 * 10.0, 2 * 7.5)),                  # 0.15 S − 10 = 5 < 0.10 S
    (call(103.0, -1.0), 100.0, (12.0, 7.5)),                          # 0.15 S − 3
    (put(110.0, -1.0), 100.0, (15 + 10, 7.5 + 10)),
    (put(97.0, -1.0), 100.0, (12.0, 0.075 * 97)),                     # 0.15 S − 3; maintenance on the strike
    (put(80.0, -3.0), 100.0, (3 * 8.0, 3 * 6.0)),                     # 0.10 × 80, 0.075 × 80
])
def test_short_options_by_hand(leg, spot, expected):
    doc = document([leg | {"iv": 1e-6}], 0, {"BTC": {"price": spot}})
    assert (initial(doc), maintenance(doc)) == pytest.approx(expected, rel=1e-12)


def test_inverse_option_is_charged_its_coin_price_times_the_index():
    # Forward 110, index 100: the coin price is C ÷ 110, in dollars × 100. Low volatility: C = 110 − 90 = 20.
    market = {"BTC": {"price": 100.0, "forwards": [{"expiry": document()["as_of"], "price": 1.0}]}}
    market["BTC"]["forwards"][0] = {"expiry": call(90.0, 1.0)["expiry"], "price": 110.0}
    doc = document([call(90.0, -1.0, settlement="inverse", iv=1e-6)], 0, market)
    assert maintenance(doc) == pytest.approx(7.5 + 20.0 / 110.0 * 100.0, rel=1e-12)


@given(x=st.floats(1.0, 1e6))
def test_N12_a_buffer_of_exactly_zero_is_safe(x):
    # One tier of 25 %, long 4 at 100: maintenance 100. Cash 100 makes the buffer 0 now: safe, with the level at the mark.
    doc = document([perpetual(4.0 * x, 100.0)], [cash(100.0 * x)], rules=single_rate(0.5, 0.25))
    assert abs(buffer(doc)) <= 1e-12 * 500.0 * x
    got = result(doc)
    assert not got.liquidation["BTC"].now and got.buckets_liquidated == ()
    assert got.liquidation["BTC"].below == pytest.approx(100.0, rel=1e-12)


@given(doc=some.accounts(settlement="linear", names=("BTC",)), more=st.floats(0.0, 0.3))
def test_F27_a_higher_rate_only_adds_to_the_liquidation_set(doc, more):
    low, high = (regions(doc | {"rules": single_rate(0.9, rate)}, "cross")["BTC"] for rate in (0.05, 0.05 + more))
    assert covers(high, low)


def test_cross_and_isolated_agree_for_one_position_with_all_collateral_pledged():
    doc = document([perpetual(10.0, 100.0, isolated_margin=80.0, mode="isolated")], 80)
    assert held(doc, "isolated").pledge[1] == 80.0
    assert leg_figures(doc, "isolated").liquidation_price == leg_figures(doc, "cross").liquidation_price
