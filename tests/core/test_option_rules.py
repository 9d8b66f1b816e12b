"""Rules of options as data: venues' worked figures, laws, and states against lines under every convention."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.errors import Refused, Unsettled
from risk_core.liquidation import variants
from risk_core.liquidation.lines import Question
from risk_core.margin.holding import margin
from risk_core.rulebooks.load import load, override
from risk_core.rulebooks.rules import OptionRules
from tests import accounts
from tests.core import strategies as some
from tests.core.books import (
    POOL,
    buffers,
    call,
    compared,
    direction,
    document,
    gross_along,
    held,
    initial,
    leg_figures,
    maintenance,
    now,
    perpetual,
    put,
    regions,
)
from tests.core.test_lines import rows_at

half = settings(max_examples=max(settings.default.max_examples // 2, 1))
PUT_BASES = ("lower of index and strike", "index", "higher of index and mark", "index plus mark")
DERIBIT = {"put_floor_on": "index", "put_maintenance_on": "higher of index and mark", "put_initial_least": 1.0}
DERIVE = DERIBIT | {"put_initial_least": 1.05, "offset": "same expiry",
                    "unpaired_calls": {"initial": 1.2, "maintenance": 1.1}}
PARADEX = {"put_floor_on": "index", "put_maintenance_on": "index", "maintenance_out_of_money": "taken off",
           "maintenance_floor": 0.05, "put_caps": {"initial": 0.5, "maintenance": 0.5}, "mark_in": "equity",
           "long_mark_rates": {"initial": 1.0, "maintenance": 0.5}, "long_index_rates": {"initial": 0.2, "maintenance": 0.1}}
OKX = {"put_floor_on": "index", "put_maintenance_on": "higher of index and mark", "maintenance_rate": 0.03,
       "out_of_money": "share of forward", "size_steps": [{"from": 0, "factor": 1.0}, {"from": 2, "factor": 1.02}]}
BYBIT = DERIBIT | {"maintenance_rate": 0.03, "liquidation_fee": 0.002}
CONVENTIONS = {
    **{f"{floor}, {base}": {"put_floor_on": floor, "put_maintenance_on": base}
       for floor, base in itertools.product(PUT_BASES, PUT_BASES)},
    **{f"out of money: {of}": PARADEX | {"out_of_money": of} for of in ("index", "forward", "share of forward")},
    "low cap": PARADEX | {"put_caps": {"maintenance": 0.01}},
    "cap on the lower": {"put_caps": {"initial": 0.05, "maintenance": 0.02}},
    "Derive": DERIVE, "Paradex": PARADEX, "OKX": OKX, "Bybit": BYBIT, "Deribit": DERIBIT,
    "own rates": {"own_rates": [{"underlying": "BTC", "initial_rate": 0.25, "initial_floor": 0.2, "maintenance_rate": 0.125}]},
}


def rules(**options):
    return {"base": "generic", "override": {"options": options}}


def charged(positions, options, price, **market):
    """Account of `positions` on one coin at `price`, under the generic rules with these of options laid over."""
    return document(positions, 10 * price, {"BTC": {"price": price, "volatility": 0.6}}, rules=rules(**options), **market)


def answers(question, k):
    """H(k) of a question: the greatest of its variants."""
    return np.max([rows_at(one, k) for one in variants._variants(question)], axis=0)


def ask(doc, k, modes=("isolated", "cross")):
    for mode in modes:
        holding = held(doc, mode)
        names = holding.account.underlyings
        for beta in [direction(holding, [name]) for name in names] + [np.full(len(names), 0.7)]:
            for bucket in range(holding.nets.buckets):
                question = Question(holding, bucket, beta)
                true = buffers(holding, bucket, beta, k)
                size = gross_along(holding, beta, k) + gross_along(holding, beta, [1.0]) + holding.pledge.sum()
                gains = abs(holding.nets.profit_const).sum() + abs(holding.nets.profit_slope).sum() * (1.0 + k)
                assert np.all(np.abs(answers(question, k) - true) <= 1e-11 * (size + gains))


# States and lines ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", CONVENTIONS)
@half
@given(data=st.data(), k=st.lists(some.walk_factors, min_size=4, max_size=4))
def test_rows_are_the_state_form_under_every_convention(name, data, k):
    doc = data.draw(some.accounts(rules=rules(**CONVENTIONS[name]), apart=True))
    try:
        ask(doc, np.array([1.0, *k]))
    except Unsettled as refused:
        assert "not offered" in str(refused)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", CONVENTIONS)
def test_rows_are_the_state_form_on_random_accounts(name, seed):
    doc = accounts.random_account(seed + 5_000)
    doc["positions"] = doc["positions"][:6]
    ask(doc | {"rules": rules(**CONVENTIONS[name])}, np.array([1e-4, 0.31, 0.9, 1.0, 1.07, 2.4, 1e4]))


@pytest.mark.parametrize("name", ["Derive", "Paradex", "Deribit", "Bybit", "OKX"])
@pytest.mark.parametrize("legs", [
    [call(90.0, -1.0), call(110.0, 1.0)], [put(110.0, -1.0), put(90.0, 1.0)], [call(100.0, -1.0), put(100.0, -1.0)],
    [put(300.0, -2.0), call(80.0, 1.5)], [call(95.0, -3.0), call(105.0, 2.0), perpetual(1.0, 100.0)]])
def test_levels_are_where_the_buffer_changes_sign(name, legs):
    doc = charged(legs, CONVENTIONS[name], 100.0) | {"collateral": [{"asset": "USD", "amount": 150.0}]}
    holding = held(doc, "cross")
    k = np.geomspace(0.011, 90.0, 4_001)
    below = buffers(holding, POOL, np.ones(1), k) < -1e-9
    [found] = regions(doc, "cross").values()
    inside = np.zeros(len(k), dtype=bool)
    for low, high in found:
        inside |= (100 * k > (low or 0.0)) & (100 * k < (high or np.inf))
    assert np.array_equal(inside, below)


def test_more_choices_than_are_searched_are_refused_by_name_and_figures_stand():
    legs = [call(100.0 + i, 1.0, seconds=86_400 * (i + 2)) for i in range(7)]
    doc = charged(legs, PARADEX, 100.0)
    assert maintenance(doc) > 0
    with pytest.raises(Unsettled, match="not offered for 7 long options"):
        compared(doc, ("cross",))


# Figures of venues ----------------------------------------------------------------------------------------------------

def worth(price, type, strike, mark, size, options):
    """(initial, maintenance) per unit of one option, its volatility fitted to the mark."""
    leg = (call if type == "call" else put)(strike, size, mark_price=mark)
    doc = charged([leg], options, price)
    return initial(doc) / abs(size), maintenance(doc) / abs(size)


def test_bit_short_put():
    """BIT, "Regular margin": short puts 1,850 at an index of 2,098, mark 2.4."""
    got = worth(2098.0, "put", 1850.0, 2.4, -50.0, DERIBIT)
    assert got == pytest.approx((212.2, 159.75))


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


@pytest.mark.parametrize("name", CONVENTIONS)
@half
@given(doc=some.accounts())
def test_initial_is_not_below_maintenance(name, doc):
    if name in {"low cap", "Bybit"} or "liquidation_fee" in CONVENTIONS[name]:
        return
    _, asked, kept = now(doc | {"rules": rules(**CONVENTIONS[name])}, "cross")
    assert asked >= kept - 1e-9 * (1.0 + kept)


def test_an_offset_never_asks_more_and_only_within_a_bucket():
    legs = [call(100.0, -1.0), call(120.0, 1.0)]
    without = DERIVE | {"offset": "none"}
    assert maintenance(charged(legs, DERIVE, 100.0)) == pytest.approx(20.0 if maintenance(charged(legs, without, 100.0)) > 20
                                                                      else maintenance(charged(legs, without, 100.0)))
    assert maintenance(charged(legs, DERIVE, 100.0), "isolated") == pytest.approx(maintenance(charged(legs, without, 100.0)))


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


# What is refused --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("changes", "rule"), [
    ({"put_caps": {"intial": 0.5}}, "put_caps has keys initial and maintenance only, not intial"),
    ({"long_mark_rates": {"initial": 1.0}}, "long_mark_rates and long_index_rates must have the same keys"),
    ({"put_caps": {"initial": 0.5}, "put_floor_on": "index plus mark"}, "put_caps need"),
    ({"maintenance_out_of_money": "taken off"}, "put_maintenance_on must be index"),
    ({"size_steps": [{"from": 1, "factor": 1.0}]}, "size_steps must start at 0"),
    ({"size_steps": [{"from": 0, "factor": 1.1}, {"from": 1, "factor": 1.0}]}, "size_steps must rise"),
    ({"maintenance_floor": 0.09, "put_maintenance_on": "index"}, "maintenance_floor must not be above"),
    ({"offset": "same expiry"} | {key: PARADEX[key] for key in ("long_mark_rates", "long_index_rates")}, "offset cannot be"),
])
def test_rules_that_contradict_themselves_are_refused(changes, rule):
    with pytest.raises(Refused, match=rule):
        override(load("generic"), {"options": changes})


def test_own_rates_win_and_size_steps_count_from_their_start():
    options = override(load("generic"), {"options": CONVENTIONS["own rates"] | {"size_steps": OKX["size_steps"]}}).rules.options
    assert isinstance(options, OptionRules)
    assert options.rates("BTC").initial_rate == 0.25 and options.rates("ETH") is options
    assert [options.factor(size) for size in (0.0, 1.99, 2.0)] == [1.0, 1.0, 1.02]
