"""L: liquidation levels. The search itself is held against brute force in `test_search.py`."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from risk_core.liquidation.distance import distance
from risk_core.liquidation.thresholds import Liquidation, union
from risk_core.margin.pools import POOL_ID
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.deviation import daily_volatility
from risk_core.portfolio.whatif import WhatIf, move
from tests.core import strategies as some
from tests.core.books import (
    DAY,
    NO_HAIRCUT,
    POOL,
    buffers,
    call,
    cash,
    coin,
    compared,
    covers,
    direction,
    document,
    future,
    held,
    instant,
    leg_figures,
    perpetual,
    put,
    regions,
    result,
    same_levels,
    scale,
    single_rate,
    times,
    with_more,
)

sizes, entries, funds = some.log_uniform(1e-3, 1e6), some.log_uniform(20.0, 500.0), some.log_uniform(1e-3, 2.0)
rates = st.floats(1e-4, 0.4)


def only(doc, mode="cross"):
    """The one region of the pool along BTC, or None."""
    found = regions(doc, mode)["BTC"]
    assert len(found) <= 1
    return found[0] if found else None


def priced(level, price=100.0):
    """A level where the walk reaches it, else None."""
    return level if level is not None and 1e-4 * price < level < 1e4 * price else None


# L1, L2, L11: what a reported level is ------------------------------------------------------------------------------

@given(doc=some.accounts(apart=True))
def test_L1_L2_a_level_has_no_buffer_and_its_unsafe_side_less(doc):
    for mode in ("as_held", "portfolio"):
        holding = held(doc, mode)
        for name, found in regions(doc, mode).items():
            u = holding.account.underlyings.index(name)
            price, beta = holding.account.index[u], direction(holding, [name])
            for low, high in found:
                ends = [(end, side) for end, side in ((low, 1.0), (high, -1.0)) if end is not None]
                for end, into in ends:
                    k = end / price * np.array([1 - into * 1e-6, 1.0, 1 + into * 1e-6])
                    safe, at, unsafe = buffers(holding, POOL, beta, k)
                    slack = 1e-9 * (scale(doc) * max(1.0, end / price))
                    assert abs(at) <= slack and safe > -slack and unsafe < slack


@given(doc=some.accounts(apart=True))
def test_L11_below_maintenance_now_means_no_nearest_level(doc):
    for mode, got in compared(doc).modes.items():
        pool = got.pool or got.head
        alive = not any(level.now for level in got.liquidation.values())
        assert alive == (not got.buckets_liquidated)
        for level in got.liquidation.values():
            assert level.now == any((a or 0) < level.price < (b or math.inf) for a, b in level.regions)
            assert not level.now or (level.below, level.above) == (None, None)
            assert level.below is None or level.below <= level.price
            assert level.above is None or level.above >= level.price
        if mode in ("cross", "portfolio"):
            assert (pool.buffer < -pool.zero) == bool(got.buckets_liquidated)


def test_L11_levels_past_the_present_price_are_recovery_levels():
    # Long 10 at 100, cash 20: maintenance 25 > equity 20 now; from (1,000 − 20) ÷ 9.75 = 100.51 on it would be safe again.
    got = result(document([perpetual(10.0, 100.0)], 20))
    level = got.liquidation["BTC"]
    assert level.now and level.regions == ((None, pytest.approx(980.0 / 9.75)),) and got.buckets_liquidated == (POOL_ID,)
    leg = got.positions[0]
    assert (level.below, level.above, level.nearest, leg.liquidation_price, leg.bankruptcy_price) == (None,) * 5
    assert leg.liquidated


# L3: closed forms ---------------------------------------------------------------------------------------------------

@given(q=sizes, e=entries, share=funds, r=rates)
def test_L3_a_linear_long(q, e, share, r):
    """Liquidated below (q e − C) ÷ (q (1 − r)), never when C ≥ q e."""
    C = share * q * e
    level = priced((q * e - C) / (q * (1 - r)))
    assert only(document([perpetual(q, e)], C, rules=single_rate(1.0, r))) == \
        (None if level is None else (None, pytest.approx(level, rel=1e-8)))


@given(q=sizes, e=entries, share=funds, r=rates)
def test_L3_a_linear_short(q, e, share, r):
    """Liquidated above (q e + C) ÷ (q (1 + r))."""
    C = share * q * e
    assert only(document([perpetual(-q, e)], C, rules=single_rate(1.0, r))) == \
        (pytest.approx((q * e + C) / (q * (1 + r)), rel=1e-8), None)


@given(Q=some.log_uniform(1.0, 1e9), e=entries, share=funds, r=rates)
def test_L3_an_inverse_long_backed_by_its_coin(Q, e, share, r):
    """Liquidated below Q (1 + r) ÷ (C + Q ÷ e), always."""
    C = share * Q / e
    doc = document([perpetual(Q, e, settlement="inverse")], [coin("BTC", C)], rules=single_rate(1.0, r))
    assert only(doc) == (None, pytest.approx(Q * (1 + r) / (C + Q / e), rel=1e-8))


@given(Q=some.log_uniform(1.0, 1e9), e=entries, share=funds, r=rates)
def test_L3_F22_an_inverse_short_backed_by_its_coin(Q, e, share, r):
    """Liquidated above Q (1 − r) ÷ (Q ÷ e − C) where C < Q ÷ e; from 1× on there is no level."""
    C = share * Q / e
    doc = document([perpetual(-Q, e, settlement="inverse")], [coin("BTC", C)], rules=single_rate(1.0, r))
    level = priced(Q * (1 - r) / (Q / e - C)) if C < Q / e else None
    assert only(doc) == (None if level is None else (pytest.approx(level, rel=1e-7), None))


@given(Q=some.log_uniform(1.0, 1e5), e=entries, share=st.floats(0.03, 2.0), sign=some.signs)
def test_L3_an_inverse_contract_with_a_pledge_in_dollars(Q, e, share, sign):
    """Q s ÷ e − Q + C = r Q for a long: s = e (1 + r − C ÷ Q); a short: s = e (1 − r + C ÷ Q). Tier 2.5 %."""
    doc = document([perpetual(sign * Q, e, settlement="inverse", isolated_margin=share * Q)], 0)
    level = priced(e * (1 + sign * (0.025 - share)))
    leg = leg_figures(doc, "isolated")
    if not leg.liquidated:
        expected = level if level is not None and (level <= 100.0) == (sign > 0) else None
        assert leg.liquidation_price == (None if expected is None else pytest.approx(expected, rel=1e-8))


@given(rules=some.tiered_rules(), q=some.log_uniform(1e-2, 1e7), e=entries, share=funds, sign=some.signs)
def test_L3_L6_with_tiers_at_most_one_level_in_its_own_tier(rules, q, e, share, sign):
    """q s − q e + C = r q s − D, solved in each tier; the root that lies in its own tier is the level."""
    C, steps = share * q * e, rules["override"]["tiers"]["steps"]
    ceilings = [*(step["from"] for step in steps[1:]), math.inf]
    roots = []
    for step, top in zip(steps, ceilings, strict=True):
        s = (q * e - sign * (C + step["maintenance_deduction"])) / (q * (1 - sign * step["maintenance"]))
        if s > 0 and step["from"] <= q * s < top:
            roots.append(s)
    found = only(document([perpetual(sign * q, e)], C, rules=rules))
    ends = [end for end in found or () if end is not None]
    expected = [s for s in roots if priced(s)]
    assert len(ends) <= 1 and len(ends) == len(expected)
    assert ends == [pytest.approx(s, rel=1e-8) for s in expected]


@given(doc=some.accounts(book=lambda market: some.linear_legs(market, most=4), names=("BTC",)))
def test_L6_a_linear_book_has_at_most_one_level_more_than_kinks(doc):
    """Two tier floors of every net, and none else: the buffer is a concave sum, so at most two levels per walk."""
    ends = [end for region in regions(doc, "cross")["BTC"] for end in region if end is not None]
    assert len(ends) <= min(2 * len(doc["positions"]) + 1, 2)


# L7, L8, L10, L12 … L16, L20: how levels answer to changes ----------------------------------------------------------

@given(doc=some.accounts(), x=some.log_uniform(1e-2, 1e8), mode=st.sampled_from(("cross", "portfolio")))
def test_L8_cash_never_brings_a_level_nearer(doc, x, mode):
    before, after = (result(d, mode).liquidation for d in (doc, with_more(doc, collateral=[cash(x)])))
    for name, level in before.items():
        if not level.now:
            assert (after[name].below or 0.0) <= (level.below or 0.0) * (1 + 1e-8)
            assert (after[name].above or math.inf) >= (level.above or math.inf) * (1 - 1e-8)


@given(doc=some.accounts(), amount=some.log_uniform(1e-2, 1e6), mode=st.sampled_from(("cross", "portfolio")))
def test_L8_F15_coins_shrink_every_region_too(doc, amount, mode):
    """The haircut is a share of each coin, whatever the balance, so more collateral is always more equity."""
    before, after = (regions(d, mode) for d in (doc, with_more(doc, collateral=[coin("BTC", amount)])))
    assert all(covers(before[name], after[name]) for name in before)


@given(doc=some.accounts(), k=some.log_uniform(1e-3, 1e3))
def test_L10_portfolio_levels_do_not_depend_on_size(doc, k):
    assert same_levels(regions(doc, "portfolio"), regions(times(doc, k), "portfolio"), rel=1e-7)


@given(doc=rates.flatmap(lambda r: some.accounts(rules=single_rate(1.0, r))), k=some.log_uniform(1e-3, 1e3))
def test_L10_nor_do_those_of_a_single_rate(doc, k):
    assert same_levels(regions(doc, "cross"), regions(times(doc, k), "cross"), rel=1e-7)


@given(doc=some.tiered_rules().flatmap(lambda rules: some.accounts(rules=rules)), k=some.log_uniform(1.0, 100.0))
def test_L10_with_tiers_a_larger_book_is_liquidated_wherever_the_smaller_is(doc, k):
    small, large = regions(doc, "cross"), regions(times(doc, k), "cross")
    assert all(covers(large[name], small[name]) for name in small)


@given(doc=some.accounts(apart=True))
def test_L12_bankruptcy_lies_at_or_beyond_liquidation(doc):
    for got in compared(doc).modes.values():
        for leg in got.positions:
            at, gone = leg.liquidation_price, leg.bankruptcy_price
            price = doc["market"]["underlyings"][next(p["underlying"] for p in doc["positions"] if p["id"] == leg.id)]["price"]
            assert gone is None or at is not None
            if gone is not None:
                assert gone <= at * (1 + 1e-8) if at <= price else gone >= at * (1 - 1e-8)


def test_L12_by_hand():
    # Long 10 at 100, cash 80: 80 + 10 (s − 100) = 0.25 s at 920 ÷ 9.75 = 94.36; equity 0 at 92.
    leg = leg_figures(document([perpetual(10.0, 100.0)], 80), "cross")
    assert (leg.liquidation_price, leg.bankruptcy_price) == pytest.approx((920 / 9.75, 92.0), rel=1e-12)
    # No maintenance at a long option; borrowing 40 against a coin of 100 (95 after haircut): equity 0 = level.
    borrowed = document([call(100.0, 1.0)], [cash(-40), coin("BTC", 1.0)])
    leg = leg_figures(borrowed, "cross")
    assert leg.liquidation_price == leg.bankruptcy_price == pytest.approx(40 / 0.95, rel=1e-12)
    # Hedged: liquidated from 200 upward, but equity is 100 at any price, so there is no bankruptcy price.
    leg = leg_figures(document([perpetual(10.0, 100.0), future(-10.0, 100.0)], 100), "cross")
    assert (leg.liquidation_price, leg.bankruptcy_price) == (pytest.approx(200.0), None)


@pytest.mark.parametrize(("price", "falling"), [(92.0, True), (110.0, False)])
def test_L12_of_a_book_liquidated_on_both_sides_on_the_side_of_its_nearest_level(price, falling):
    doc = document([call(100.0, -1.0), put(100.0, -1.0)], 55, {"BTC": {"price": price, "volatility": 0.6}})
    got = result(doc, "portfolio")
    assert len(got.liquidation["BTC"].regions) == 2
    for leg in got.positions:
        at, gone = leg.liquidation_price, leg.bankruptcy_price
        assert gone < at < price if falling else price < at < gone
        assert buffers(held(doc, "portfolio"), POOL, np.ones(1), [gone / price], "equity") == pytest.approx(0.0, abs=1e-7)


@given(q=sizes, e=st.floats(90.0, 110.0), sign=some.signs, share=st.floats(0.15, 2.0))
def test_L13_isolated_equals_cross_for_one_position_with_all_collateral_pledged(q, e, sign, share):
    C = share * q * e
    leg = perpetual(sign * q, e, isolated_margin=C)
    alone, pooled = (leg_figures(document([leg], C), mode) for mode in ("isolated", "cross"))
    for name in ("liquidation_price", "bankruptcy_price"):
        a, b = getattr(alone, name), getattr(pooled, name)
        assert a is b is None or a == pytest.approx(b, rel=1e-8)


@given(q=sizes, e=entries, r=rates, pledge=st.floats(0.3, 0.9), less=st.floats(0.1, 0.99), sign=some.signs)
def test_L15_a_smaller_pledge_brings_the_level_closer(q, e, r, pledge, less, sign):
    def level(share):
        doc = document([perpetual(sign * q, e, isolated_margin=share * q * e)], q * e, {"BTC": {"price": e}},
                       rules=single_rate(1.0, min(r, 0.02)))
        return leg_figures(doc, "isolated").liquidation_price

    far, near = level(pledge), level(pledge * less)
    assert near > far if sign > 0 else near < far


@given(q=sizes, e=entries, r=rates, pledge=funds, kept=st.floats(0.05, 0.95), sign=some.signs)
def test_L16_a_pro_rata_close_leaves_the_level(q, e, r, pledge, kept, sign):
    C = pledge * q * e
    gain = sign * q * (100.0 - e)                                 # realised pro rata, the rest stays as pledge and profit
    before = document([perpetual(sign * q, e, isolated_margin=C)], 0, rules=single_rate(1.0, r))
    after = document([perpetual(sign * q * kept, e, isolated_margin=C * kept)], (C + gain) * (1 - kept),
                     rules=single_rate(1.0, r))
    a, b = (leg_figures(doc, "isolated") for doc in (before, after))
    assume(a.liquidated == b.liquidated or abs(a.buffer) > 1e-9 * q * e)
    assert a.liquidation_price == (None if b.liquidation_price is None else pytest.approx(b.liquidation_price, rel=1e-8))


@given(doc=some.accounts(names=("BTC",)), rate=st.floats(-0.001, 0.001), days=st.floats(0.01, 3.0))
def test_L20_funding_paid_lowers_equity_by_itself(doc, rate, days):
    """Perpetuals only, so that nothing but funding answers to time."""
    legs = [leg for leg in doc["positions"] if leg["kind"] == "perpetual"]
    block = doc["market"]["underlyings"]["BTC"] | {"funding_8h": rate}
    before = document(legs, doc["collateral"], {"BTC": block}, rules=NO_HAIRCUT)
    after = dict(move(read_document(before), WhatIf(days=days)).document)
    paid = math.fsum(leg["quantity"] * (block["price"] if leg["settlement"] == "linear" else 1.0) for leg in legs) \
        * rate * 3 * days
    assert result(after).head.equity == pytest.approx(result(before).head.equity - paid, abs=1e-12 * scale(before))


@given(doc=some.accounts(apart=True, names=some.COINS))
def test_L22_a_valid_book_always_has_an_answer(doc):
    for got in compared(doc).modes.values():
        for figure in (got.head.equity, got.head.initial_margin, got.head.maintenance_margin):
            assert math.isfinite(figure)
        for level in got.liquidation.values():
            assert all(end is None or 0 < end < math.inf for region in level.regions for end in region)


# The record of a walk ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("found", "expected"), [
    ((), (False, None, None, None)),
    (((None, 80.0),), (False, 80.0, None, 80.0)),
    (((120.0, None),), (False, None, 120.0, 120.0)),
    (((None, 80.0), (120.0, None)), (False, 80.0, 120.0, 80.0)),                  # equally near: below
    (((None, 70.0), (75.0, 79.0), (110.0, 115.0), (130.0, None)), (False, 79.0, 110.0, 110.0)),
    (((None, 100.0),), (False, 100.0, None, 100.0)),                              # ends are excluded: safe at the end
    (((100.0, None),), (False, None, 100.0, 100.0)),
    (((None, None),), (True, None, None, None)),
    (((90.0, 110.0), (120.0, None)), (True, None, None, None)),
])
def test_nearest_levels_of_regions(found, expected):
    level = Liquidation(100.0, found)
    assert (level.now, level.below, level.above, level.nearest) == expected


@pytest.mark.parametrize(("parts", "expected"), [
    ([()], ()),
    ([((None, 80.0),), ((None, 90.0),)], ((None, 90.0),)),
    ([((None, 80.0),), ((120.0, None),)], ((None, 80.0), (120.0, None))),
    ([((None, 80.0), (120.0, None)), ((70.0, 130.0),)], ((None, None),)),
    ([((60.0, 80.0),), ((80.0, 90.0),)], ((60.0, 80.0), (80.0, 90.0))),           # 80 itself is safe
    ([((60.0, 85.0),), ((70.0, 80.0),)], ((60.0, 85.0),)),
])
def test_a_mode_is_liquidated_where_any_of_its_buckets_is(parts, expected):
    assert union([Liquidation(100.0, part) for part in parts]).regions == expected


def test_a_region_that_reaches_the_end_of_the_walk_is_open():
    # Liquidated below 0.009, less than a ten-thousandth of 100: the walk ends before, so nothing is reported.
    assert only(document([perpetual(1.0, 100.0)], 99.9912, rules=single_rate(1.0, 0.02))) is None
    assert only(document([perpetual(1.0, 100.0)], 99.0, rules=single_rate(1.0, 0.02))) == (None, pytest.approx(1 / 0.98))
    assert only(document(collateral=-1.0) | {"positions": document([call(100.0, 1.0)])["positions"]}) == (None, None)


# Distance ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("block", "daily", "source"), [
    ({"daily_volatility": 0.04, "volatility": 0.9}, 0.04, "daily volatility of the market data"),
    ({"volatility": 0.764}, 0.764 / math.sqrt(365), "30-day implied volatility at the money ÷ √365"),
    # 20 and 50 days at 40 % and 100 %: total variance at 30 days is one third of the way from 20 × 0.16 to 50 × 1.
    ({"volatility": [{"expiry": instant(20 * DAY), "strike": 100, "iv": 0.4},
                     {"expiry": instant(50 * DAY), "strike": 90, "iv": 1}]},
     math.sqrt((3.2 + (50 - 3.2) / 3) / 30 / 365), "30-day implied volatility at the money ÷ √365"),
    ({}, None, "no volatility in the market data"),
])
def test_distance_in_daily_standard_deviations(block, daily, source):
    btc = read_document(document(underlyings={"BTC": {"price": 100.0} | block})).market.underlyings["BTC"]
    assert daily_volatility(btc) == (daily if daily is None else pytest.approx(daily, rel=1e-12), source)
    away = distance(btc, 80.0)
    assert (away.relative, away.source) == (pytest.approx(-0.2), source)
    assert away.sigmas == (None if daily is None else pytest.approx(math.log(0.8) / daily, rel=1e-12))
