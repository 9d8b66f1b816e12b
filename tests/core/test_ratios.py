"""Displayed margin ratios, totals, and gains of hedged positions: what each form says of danger, and what is locked."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin import ratios
from risk_core.margin.figures import Figures
from risk_core.margin.hedged import gains
from risk_core.rulebooks import kinds, load
from tests.core import strategies
from tests.core.books import document, held, initial, perpetual, result, scale, single_rate

HEDGED = {"futures": {"profit": "losses only", "sides": "both"}}
amounts = strategies.log_uniform(1e-2, 1e9)


@pytest.mark.parametrize("form", ratios.RATIOS)
@given(amounts, amounts, amounts)
def test_every_form_reaches_its_danger_where_the_buffer_is_used_up(form, maintenance, initial_margin, more):
    one = ratios.RATIOS[form]
    at = one.of(Figures(maintenance, initial_margin, maintenance))
    safe = one.of(Figures(maintenance + more, initial_margin, maintenance))
    assert math.isclose(at, one.danger, abs_tol=1e-12)
    assert safe < at if one.rises else safe > at or math.isclose(safe, at, rel_tol=1e-9)


def test_there_is_a_ratio_for_every_form_a_rulebook_can_name():
    assert set(kinds.kinds()["display.ratio"].options) == set(ratios.RATIOS)
    assert ratios.ratio(load.load("generic").rules).form == "maintenance ÷ equity"


@pytest.mark.parametrize("form", ["equity ÷ maintenance", "buffer ÷ maintenance", "buffer ÷ initial"])
def test_a_ratio_of_nothing_required_is_none(form):
    assert ratios.RATIOS[form].of(Figures(10.0, 0.0, 0.0)) is None


def test_initial_used_is_none_without_equity_and_0_without_requirement():
    assert ratios.initial_used(Figures(-1.0, 5.0, 2.0)) is None
    assert ratios.initial_used(Figures(-1.0, 0.0, 0.0)) == 0.0


def test_losses_without_equity_or_requirement_are_no_ratio_rather_than_none_used():
    assert ratios.RATIOS["maintenance ÷ equity"].of(Figures(-1.0, 0.0, 0.0)) is None
    assert ratios.RATIOS["maintenance ÷ equity"].of(Figures(1.0, 0.0, 0.0)) == 0.0


def test_a_gain_in_totals_backs_new_positions_only_where_the_rulebook_says_so():
    both = load.load("generic").rules
    losses = load.override(load.load("generic"), {"futures": {"profit": "losses only"}}).rules
    assert ratios.totals(100.0, 20.0, 30.0, 10.0, both).available == 90.0
    assert ratios.totals(100.0, 20.0, 30.0, 10.0, losses).available == 70.0
    assert ratios.totals(100.0, -20.0, 30.0, 10.0, losses).available == 50.0


def pair(long, short, long_entry, short_entry, mark, money=0.0):
    legs = [perpetual(long, long_entry), perpetual(-short, short_entry)]
    return document(legs, money, {"BTC": {"price": mark}}, single_rate(0.0, 0.0, **HEDGED))


sizes = st.floats(0.1, 10.0)
prices = st.floats(50.0, 200.0)


@given(sizes, sizes, prices, prices, prices)
def test_gains_split_the_profit_and_lose_none_of_it(long, short, long_entry, short_entry, mark):
    doc = pair(long, short, long_entry, short_entry, mark)
    holding = held(doc, "cross")
    split = gains(holding.account, holding.nets, np.ones((1, 1)))
    profit = long * (mark - long_entry) - short * (mark - short_entry)
    assert math.isclose(split.hedged.sum() + split.unhedged.sum(), profit, abs_tol=1e-9 * scale(doc))


@given(sizes, sizes, prices, prices, prices, prices)
def test_what_is_hedged_hangs_on_no_price(long, short, long_entry, short_entry, mark, other):
    def hedged(at):
        holding = held(pair(long, short, long_entry, short_entry, at), "cross")
        return gains(holding.account, holding.nets, np.ones((1, 1))).hedged.sum()

    assert math.isclose(hedged(mark), hedged(other), abs_tol=1e-9 * scale(pair(long, short, long_entry, short_entry, mark)))
    assert math.isclose(hedged(mark), min(long, short) * (short_entry - long_entry), abs_tol=1e-7)


@given(sizes, sizes, prices, prices, prices, st.floats(0.0, 1e4))
def test_available_is_money_less_margin_less_losses_of_the_pair_and_of_the_rest(long, short, long_entry, short_entry, mark,
                                                                                money):
    doc = pair(long, short, long_entry, short_entry, mark, money)
    pair_result = min(long, short) * (short_entry - long_entry)
    rest = (long - short) * (mark - (long_entry if long > short else short_entry))
    expected = money + min(pair_result, 0.0) + min(rest, 0.0) - initial(doc)
    assert math.isclose(result(doc).head.available, expected, abs_tol=1e-8 * scale(doc))


@given(strategies.accounts())
def test_without_opposite_sides_every_gain_is_a_gain_of_its_own(doc):
    holding = held(doc, "cross")
    split = gains(holding.account, holding.nets, np.ones((1, len(holding.account.underlyings))))
    assert not split.hedged.any() and (split.unhedged[0] == holding.nets.profit_const + holding.nets.profit_slope).all()
