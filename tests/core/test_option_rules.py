"""Rules of options as data: venues' worked figures, laws, orders and contingencies, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.errors import Refused
from risk_core.margin import contingency, orders
from risk_core.margin.holding import margin
from risk_core.rulebooks.load import load, override
from risk_core.rulebooks.rules import OptionRules
from tests.core import strategies as some
from tests.core.books import call, document, held, initial, leg_figures, maintenance, now, put, result
from tests.core.option_conventions import BYBIT, CONVENTIONS, DERIBIT, DERIVE, OKX, PARADEX, charged, rules

half = settings(max_examples=max(settings.default.max_examples // 6, 1))


# Figures of venues ----------------------------------------------------------------------------------------------------

def worth(price, type, strike, mark, size, options):
    """(initial, maintenance) per unit of one option, its volatility fitted to the mark."""
    leg = (call if type == "call" else put)(strike, size, mark_price=mark)
    doc = charged([leg], options, price)
    return initial(doc) / abs(size), maintenance(doc) / abs(size)


def test_bit_short_put():
    """BIT, "Regular margin": short puts 1,850 at an index of 2,098, mark 2.4."""
    assert worth(2098.0, "put", 1850.0, 2.4, -50.0, DERIBIT) == pytest.approx((212.2, 159.75))


def test_bybit_short_call():
    """Bybit, "Maintenance margin of options": index 30,000, mark 300: 3 % + mark + 0.2 %."""
    assert worth(30_000.0, "call", 33_000.0, 300.0, -1.0, BYBIT)[1] == pytest.approx(1_260.0)


def test_derive_standard_margin_of_three_short_calls():
    """Derive, "Standard Margin", example 1: ETH at 1,900, calls 1,800 at 120, 15 % and 9 %."""
    stated = {"initial_floor": 0.13, "maintenance_rate": 0.09}
    assert worth(1900.0, "call", 1800.0, 120.0, -3.0, DERIVE | stated) == pytest.approx((405.0, 291.0))


def test_okx_factor_multiplies_the_underlying_part_alone():
    """OKX, option seller: BTC call, 100 of 5,900 out of the money, factor 1.02, mark 0.0575 coin: 0.01932 a tenth."""
    stated = OKX | {"size_steps": [{"from": 0, "factor": 1.02}]}
    asked, _ = worth(5900.0, "call", 6000.0, 0.0575 * 5900, -1.0, stated)
    assert asked / 5900 / 10 == pytest.approx(0.01932, abs=5e-6)


@pytest.mark.parametrize(("mark", "asked"), [(10.0, (10.0, 5.0)), (30.0, (20.0, 10.0))])
def test_paradex_long(mark, asked):
    """Paradex, "Margin requirements", buying at a spot of 100."""
    assert worth(100.0, "call", 80.0 if mark > 20 else 100.0, mark, 1.0, PARADEX) == pytest.approx(asked)


@pytest.mark.parametrize(("type", "strike", "asked"), [("call", 106.0, (10.0, 5.0)), ("put", 106.0, (15.0, 7.5))])
def test_paradex_short(type, strike, asked):
    """Paradex, as above, selling; the mark stands in equity."""
    assert worth(100.0, type, strike, 9.0, -1.0, PARADEX) == pytest.approx(asked)


def test_gate_floor_of_a_put_counts_the_mark_too():
    """Gate, "Option margin": floor of a put r1 × U × (1 + mark ÷ U), of a call r1 × U."""
    stated = {"put_floor_on": "index plus mark", "put_maintenance_on": "index plus mark"}
    put_asked = worth(115_000.0, "put", 80_000.0, 1_000.0, -1.0, stated)
    call_asked = worth(115_000.0, "call", 150_000.0, 1_000.0, -1.0, stated)
    assert put_asked == pytest.approx((0.1 * 116_000 + 1_000, 0.075 * 116_000 + 1_000))
    assert call_asked == pytest.approx((0.1 * 115_000 + 1_000, 0.075 * 115_000 + 1_000))


def test_derive_box_is_charged_its_loss_at_expiry():
    """Derive standard manager, test case 22: a box of 1,000 sold."""
    legs = [call(1500.0, -1.0), put(1500.0, 1.0), call(2500.0, 1.0), put(2500.0, -1.0)]
    doc = charged(legs, DERIVE, 1500.0)
    assert (initial(doc), maintenance(doc)) == pytest.approx((1000.0, 1000.0))
    apart = [leg | {"expiry": document([call(1.0, 1.0, seconds=86_400 * (30 + i))])["positions"][0]["expiry"]}
             for i, leg in enumerate(legs)]
    assert maintenance(charged(apart, DERIVE, 1500.0)) > 1000.0


# Laws -----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", CONVENTIONS)
@half
@given(type=st.sampled_from(["call", "put"]), strike=some.log_uniform(20.0, 500.0), more=st.floats(1.0, 5.0))
def test_a_short_option_asks_something_and_more_for_more(name, type, strike, more):
    leg = (call if type == "call" else put)
    one, two = (charged([leg(strike, -size)], CONVENTIONS[name], 100.0) for size in (1.0, more))
    for figure in (initial, maintenance):
        assert 0.0 <= figure(one) <= figure(two) + 1e-9


@pytest.mark.parametrize("name", ["Derive", "Deribit", "Bybit", "Paradex", "own rates"])
@half
@given(doc=some.accounts())
def test_initial_is_not_below_maintenance(name, doc):
    _, asked, kept = now(doc | {"rules": rules(**CONVENTIONS[name])}, "cross")
    assert asked >= kept - 1e-9 * (1.0 + kept)


def test_an_offset_never_asks_more_and_only_within_a_bucket():
    legs = [call(100.0, -1.0), call(120.0, 1.0)]
    without = DERIVE | {"offset": "none"}
    alone = maintenance(charged(legs, without, 100.0))
    assert maintenance(charged(legs, DERIVE, 100.0)) == pytest.approx(min(20.0, alone))
    assert maintenance(charged(legs, DERIVE, 100.0), "isolated") == pytest.approx(alone)


def test_value_in_equity_moves_the_mark_from_the_requirement_and_counts_a_long():
    legs = [call(100.0, -1.0), put(90.0, 2.0)]
    inside, outside = (charged(legs, {"mark_in": where}, 100.0) for where in ("equity", "requirement"))
    value = {leg: margin(held(charged([one], {"mark_in": "equity"}, 100.0), "cross"), np.ones((1, 1))).equity[0, 0] - 1000.0
             for leg, one in enumerate(legs)}
    assert value[0] < 0 < value[1]
    assert now(inside, "cross")[0] == pytest.approx(1000.0 + sum(value.values())) and now(outside, "cross")[0] == 1000.0
    assert maintenance(outside) - maintenance(inside) == pytest.approx(-value[0])


def test_the_parts_of_an_offset_are_given_to_the_shorts():
    doc = charged([call(100.0, -1.0), call(105.0, 1.0)], DERIVE, 100.0)
    assert leg_figures(doc, "cross", "p0").maintenance_margin == pytest.approx(maintenance(doc))
    assert leg_figures(doc, "cross", "p1").maintenance_margin == 0.0


@pytest.mark.parametrize(("name", "words"), [
    ("Deribit", "7.5 % of the higher of index price and mark plus its mark."),
    ("OKX", "3 % of the higher of index price and mark × 1.02 plus its mark."),
    ("Derive", "plus its mark, at most the greatest loss of its expiry."),
    ("own rates", "12.5 % of the lower of index price and strike plus its mark."),
    ("Bybit", "plus a fee of 0.2 % of the index price plus its mark."),
    ("Paradex", "7.5 % of the index price less the amount out of the money, at least 5 % and at most 50 % of the strike."),
])
def test_what_is_charged_is_said_in_words(name, words):
    assert result(charged([put(100.0, -2.0)], CONVENTIONS[name], 100.0)).worst.endswith(words)


# Orders and contingencies -----------------------------------------------------------------------------------------------

def test_orders_of_options():
    """OKX, "Option margin": 100 contracts of 0.1 BTC, fee 0.00002 each, position margin 0.01932."""
    assert orders.buy_to_open(100, 0.00475, 2e-5) == pytest.approx(0.477)
    assert orders.sell_to_open(100, 0.006, 2e-5, 0.01932, 0.01) == pytest.approx(1.334)
    assert orders.sell_to_open(100, 0.019, 2e-5, 0.01932, 0.01) == pytest.approx(1.002)
    assert orders.sell_to_close(100, 0.00755, 2e-5) == 0.0 and orders.buy_to_close(100, 0.005, 2e-5, 0.01932) == 0.0
    assert orders.sell_to_close(100, 1e-5, 2e-5) == pytest.approx(0.001)
    assert orders.buy_to_close(100, 0.02, 2e-5, 0.01932) == pytest.approx(0.07)


@given(position=st.floats(-100, 100), sizes=st.lists(st.floats(-100, 100), max_size=6))
def test_sizes_reached_by_orders_mirror_each_other(position, sizes):
    bought, sold = orders.open_sizes(position, sizes)
    assert (sold, bought) == orders.open_sizes(-position, [-size for size in sizes])
    assert bought >= position and sold >= -position


def test_contingencies():
    """Derive, "Standard Margin", example 4: USDC at 0.70, 8 ETH calls short at 2,100, 7 BTC futures at 28,000."""
    assert contingency.depeg(0.7, 0.99, 2.0, 2_100.0, 8.0) == pytest.approx(9_744.0)
    assert contingency.depeg(0.7, 0.99, 2.0, 28_000.0, 7.0) == pytest.approx(113_680.0)
    assert contingency.depeg(0.99, 0.99, 2.0, 28_000.0, 7.0) == 0.0
    assert contingency.feed_in_doubt(0.5, 28_000.0, 7.0) == pytest.approx(98_000.0)
    assert contingency.feed_in_doubt(contingency.CONFIDENCE, 28_000.0, 7.0) == 0.0


# What is refused --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("changes", "rule"), [
    ({"put_caps": {"intial": 0.5}}, "put_caps has keys initial and maintenance only, not intial"),
    ({"long_mark_rates": {"initial": 1.0}}, "long_mark_rates and long_index_rates must have the same keys"),
    ({"put_caps": {"initial": 0.5}, "put_floor_on": "index plus mark"}, "put_caps need"),
    ({"maintenance_out_of_money": "taken off"}, "put_maintenance_on must be index"),
    ({"size_steps": [{"from": 1, "factor": 1.0}]}, "size_steps must start at 0"),
    ({"size_steps": [{"from": 0, "factor": 1.1}, {"from": 1, "factor": 1.0}]}, "size_steps must rise"),
    ({"maintenance_floor": 0.09, "put_maintenance_on": "index"}, "maintenance_floor must not be above"),
    ({"offset": "same expiry"} | {key: PARADEX[key] for key in ("long_mark_rates", "long_index_rates")}, "offset and long_mark_rates"),
])
def test_rules_that_contradict_themselves_are_refused(changes, rule):
    with pytest.raises(Refused, match=rule):
        override(load("generic"), {"options": changes})


def test_own_rates_win_and_size_steps_count_from_their_start():
    options = override(load("generic"), {"options": CONVENTIONS["own rates"] | {"size_steps": OKX["size_steps"]}}).rules.options
    assert isinstance(options, OptionRules)
    assert options.rates("BTC").initial_rate == 0.25 and options.rates("ETH") is options
    assert [options.factor(size) for size in (0.0, 1.99, 2.0)] == [1.0, 1.0, 1.02]
