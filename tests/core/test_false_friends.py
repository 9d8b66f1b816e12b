"""F: tempting, false. Each counter-example stays here with its arithmetic, so that no simplification brings the law back."""

import numpy as np
import pytest

from risk_core.errors import Refused
from risk_core.margin.methods.offsets.credits import shares
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks import load
from risk_core.rulebooks.offsets import Credit
from tests.core.books import (
    PLAIN,
    buffer,
    call,
    changed,
    coin,
    compared,
    document,
    equity,
    future,
    held,
    leg_figures,
    maintenance,
    perpetual,
    put,
    regions,
    result,
)


def only(doc):
    """The one region of the pool along BTC in cross, or None."""
    found = regions(doc, "cross")["BTC"]
    assert len(found) <= 1
    return found[0] if found else None


def test_F21_a_short_against_its_coin_can_be_liquidated():
    # Coin counts 95 %. Short 1 at 60,000 with 1 coin: 60,000 + 0.95 s − s = 0.025 s → s = 60,000 ÷ 0.075 = 800,000.
    market = {"BTC": {"price": 60_000.0}}
    assert only(document([perpetual(-1.0, 60_000.0)], [coin("BTC", 1.0)], market)) == (pytest.approx(800_000.0), None)
    # With 1.05 coins 0.9975 s; 60,000 ÷ 0.0275; notional above 1,000,000 is charged 5 % less 25,000:
    # 60,000 + 0.9975 s − s = 0.05 s − 25,000 → s = 85,000 ÷ 0.0525.
    assert only(document([perpetual(-1.0, 60_000.0)], [coin("BTC", 1.05)], market)) == (pytest.approx(85_000 / 0.0525), None)
    # With 1.2 coins, 1.14 after haircut, even the highest rate, 10 %, is covered: 1.14 > 1.10, so none.
    assert only(document([perpetual(-1.0, 60_000.0)], [coin("BTC", 1.2)], market)) is None


def test_F16_margin_moved_to_one_position_is_taken_from_another():
    def level(pledge):
        long = perpetual(10.0, 100.0)
        short = perpetual(-2.0, 100.0, mode="isolated", isolated_margin=pledge)
        return result(document([long, short], 300), "as_held").positions[0].liquidation_price

    # Pool 300 − pledge: 300 − P + 10 (s − 100) = 0.25 s → s = (700 + P) ÷ 9.75.
    assert (level(20.0), level(150.0)) == pytest.approx((720 / 9.75, 850 / 9.75), rel=1e-12)


def test_F17_a_partial_close_with_a_fee_may_bring_the_level_nearer():
    # Long 10 at 100, equity 50, maintenance 25: excess 25. Closing half with a fee of 6 % of 500 pays 30 and frees 12.5.
    before, after = document([perpetual(10.0, 100.0)], 50), document([perpetual(5.0, 100.0)], 20)
    assert [result(doc).head.buffer for doc in (before, after)] == pytest.approx([25.0, 7.5])
    # (1,000 − 50) ÷ 9.75 = 97.44 before, (500 − 20) ÷ 4.875 = 98.46 after.
    assert [leg_figures(doc, "cross").liquidation_price for doc in (before, after)] == pytest.approx([950 / 9.75, 480 / 4.875])


def test_F23_no_delta_is_not_no_risk():
    # A straddle sold at the money has next to no delta and is liquidated on both sides, a hedged pair on one.
    straddle = regions(document([call(100.0, -1.0), put(100.0, -1.0)], 45), "cross")["BTC"]
    assert len(straddle) == 2
    assert len(regions(document([perpetual(10.0, 100.0), future(-10.0, 100.0)], 100), "cross")["BTC"]) == 1


def test_F27_closer_strikes_do_not_mean_closer_levels():
    # Sold strangles: 95/105 is liquidated nearer than 80/120. A call bought back closer, at 106 instead of 140, is the reverse.
    def above(*legs):
        return result(document(legs, 30, rules=PLAIN), "portfolio").liquidation["BTC"].above

    assert above(call(105.0, -1.0), put(95.0, -1.0)) < above(call(120.0, -1.0), put(80.0, -1.0))
    assert above(call(105.0, -1.0), call(106.0, 1.0)) is None
    assert above(call(105.0, -1.0), call(140.0, 1.0)) > 100.0


def test_F28_the_region_of_a_hedged_long_is_not_an_interval_below_the_price():
    # Long 1 at 100 with 2 puts at 60 and 25 in cash: at 60 the perpetual has lost 40, at 0 the puts have paid 120 for its 100.
    (low, high), = regions(document([perpetual(1.0, 100.0), put(60.0, 2.0)], 25.0), "portfolio")["BTC"]
    assert 0 < low < 60.0 < high < 100.0


def test_F1_portfolio_may_need_more_than_isolated():
    # One long at 60,000: isolated 2.5 % = 1,500; the worst row, −16 %, 9,600.
    # Hedged pair: isolated 3,000, portfolio 0.5 % of 60,000 = 300.
    market = {"BTC": {"price": 60_000.0}}
    alone = compared(document([perpetual(1.0, 60_000.0)], 0, market)).modes
    assert [alone[m].head.maintenance_margin for m in ("isolated", "portfolio")] == pytest.approx([1_500.0, 9_600.0])
    pair = compared(document([perpetual(1.0, 60_000.0), future(-1.0, 60_000.0)], 0, market)).modes
    assert [pair[m].head.maintenance_margin for m in ("isolated", "portfolio")] == pytest.approx([3_000.0, 300.0])


def test_F4_the_worst_case_lies_between_the_nodes():
    # Short 63,000/63,750/64,500 butterfly × 100, 9 hours, 40 %: the rows are 4 % apart, the peak of the butterfly 1.2 % wide.
    legs = [make_call(K, n) for K, n in ((63_000.0, -100.0), (63_750.0, 200.0), (64_500.0, -100.0))]
    doc = document(legs, 0, {"BTC": {"price": 60_000.0, "volatility": 0.4}}, rules=PLAIN)
    fine = changed(doc, rules={"base": "generic", "override": {"portfolio": PLAIN["override"]["portfolio"] | {
        "moves": [i / 1000 for i in range(-160, 161)]}}})
    assert maintenance(fine, "portfolio") > 1.4 * maintenance(doc, "portfolio") > 0


def make_call(strike, quantity):
    return call(strike, quantity, seconds=9 * 3600)


def test_F5_buying_an_option_can_hurt():
    # The premium leaves cash, and the worst row loses what is left of it: the buffer of a cash account falls.
    premium = equity(document([call(100.0, 1.0)], 0), "portfolio")
    bought = document([call(100.0, 1.0)], 50.0 - premium)
    assert buffer(bought, "portfolio") < buffer(document((), 50.0), "portfolio") == 50.0
    assert equity(bought, "portfolio") == pytest.approx(50.0)


def test_F24_equal_value_is_not_equal_margin():
    # Long call and short put of one strike are worth the future less its price: same value, same plain PM, another cross margin.
    pair = document([call(100.0, 1.0), put(100.0, -1.0)], 0, rules=PLAIN)
    alone = document([perpetual(1.0, 100.0)], 0, rules=PLAIN)
    assert equity(pair, "portfolio") == pytest.approx(equity(alone, "portfolio"), abs=1e-12)
    assert maintenance(pair, "portfolio") == pytest.approx(maintenance(alone, "portfolio"), rel=1e-12)
    assert maintenance(pair) > 4 * maintenance(alone) == 10.0


def test_F25_isolated_may_need_less_than_cross():
    # Two lots of 800,000 each stay in the first tier alone, 2 × 20,000; their net 1,600,000 needs 5 % − 25,000 = 55,000.
    doc = document([perpetual(8_000.0, 100.0), perpetual(8_000.0, 100.0)], 0)
    assert (maintenance(doc, "isolated"), maintenance(doc)) == pytest.approx((40_000.0, 55_000.0))


def test_F11_a_level_rounded_to_the_nearest_tick_can_lie_in_the_region():
    # Long 10 at 100, pledge 60: (1,000 − 60) ÷ 9.75 = 96.410; printed 96.4 the buffer is 60 − 36 − 24.1 = −0.1.
    doc = document([perpetual(10.0, 100.0, isolated_margin=60.0)], 60)
    level = leg_figures(doc, "isolated").liquidation_price
    assert level == pytest.approx(940 / 9.75, rel=1e-12)
    printed = move(read_document(doc), WhatIf(price=round(level, 1) / 100.0))
    assert buffer(dict(printed.document), "isolated") == pytest.approx(-0.1)


def test_F13_a_tier_without_its_deduction_would_jump_and_is_refused():
    steps = [{"from": 0, "initial": 0.02, "maintenance": 0.005, "initial_deduction": 0, "maintenance_deduction": 0},
             {"from": 250_000, "initial": 0.04, "maintenance": 0.01, "initial_deduction": 5_000, "maintenance_deduction": 0}]
    with pytest.raises(Refused, match=r"maintenance deduction 0\.00 must be 1,250\.00"):
        held(document(rules={"base": "generic", "override": {"tiers": {"steps": steps}}}), "cross")


def test_F8_margin_grows_faster_than_the_book_where_it_is_concentrated():
    # SIMM: weighted by √(amount ÷ threshold) beyond the threshold, so twice the amount asks 2 √2 as much, not 2.
    rules = load.load("simm").rules.sensitivities
    bucket = rules.buckets(rules.place("BTC")[0])[rules.place("BTC")[1]]

    def asked(times):
        # a perpetual of 100 dollars moves 1 dollar per 1 %
        return maintenance(document([perpetual(times * bucket.threshold, 100.0)], 1e6, rules="simm"), "portfolio")

    assert asked(1.0) + asked(1.0) == pytest.approx(asked(2.0) / 2**0.5)
    assert asked(0.5) + asked(0.5) == pytest.approx(asked(1.0))  # below the threshold it is in proportion


def test_F9_offsets_depend_on_their_order():
    # A +10, B −6, C −6, each unit 100 at risk: 80 % of A with B first leaves 840, 50 % of A with C first leaves 960.
    with_b, with_c = (Credit(first="A", first_ratio=1.0, second=other, second_ratio=1.0, sides="opposite", credit=share)
                      for other, share in (("B", 0.8), ("C", 0.5)))
    delta = np.array([[10.0, -6.0, -6.0]])

    def left(*order):
        return float((100.0 * np.abs(delta) * (1.0 - shares(order, ("A", "B", "C"), delta))).sum())

    assert (left(with_b, with_c), left(with_c, with_b)) == (pytest.approx(840.0), pytest.approx(960.0))
