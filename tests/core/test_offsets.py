"""Offsets between underlyings: groups looked at row by row, credits for opposite deltas, and the laws of both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.errors import Refused
from risk_core.margin.holding import hold
from risk_core.margin.methods.offsets.credits import shares
from risk_core.margin.methods.offsets.groups import relief
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from risk_core.rulebooks.offsets import Credit, OffsetRules
from tests.core.books import document, maintenance, perpetual, result

NAMES = ("A", "B", "C")
MARKET = {"BTC": {"price": 100.0}, "ETH": {"price": 10.0}}
PAIR = (perpetual(2.0, 100.0), perpetual(-15.0, 10.0, "ETH"))
NO_MINIMUM = {"addons": {"option_minimum": [], "delta_spread": [], "short_options": []}}
profits = st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=5).map(lambda row: np.array([row]))
books = st.fixed_dictionaries(dict.fromkeys(NAMES, profits))
ratios = st.floats(0.1, 50.0)


def rules(members=(), credit_rows=()):
    return OffsetRules.model_validate({"groups": list(members), "credits": list(credit_rows)})


def group(gains, apart=0.0, names=NAMES):
    return rules([{"group": "g", "underlying": name, "gains": gains, "apart": apart} for name in names])


def alone(profit):
    return {name: np.maximum((-rows).max(axis=1), 0.0) for name, rows in profit.items()}


def none(profit):
    return {name: np.zeros(1) for name in profit}


def charged(offsets, profit, least=None):
    own = alone(profit)
    less = relief(offsets, profit, own, least or none(profit))
    return float(sum(own[name] - less.get(name, 0.0) for name in own)[0])


@given(profit=books)
def test_a_group_is_the_worst_row_of_the_sum_of_losses_and_the_counted_part_of_gains(profit):
    for gains in (0.0, 0.75, 1.0):
        rows = [sum(min(p, 0.0) + gains * max(p, 0.0) for p in row) for row in zip(*(rows[0] for rows in profit.values()), strict=True)]
        assert charged(group(gains), profit) == pytest.approx(max(-min(rows), 0.0), abs=1e-6)


@given(profit=books, gains=st.floats(0.0, 1.0), apart=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0))
def test_relief_lies_between_nothing_and_the_charge_alone_and_grows_with_gains(profit, gains, apart, more):
    own = alone(profit)
    less = relief(group(gains, apart), profit, own, none(profit))
    assert all(-1e-6 <= less[name][0] <= own[name][0] + 1e-6 for name in NAMES)
    assert charged(group(min(gains + more, 1.0), apart), profit) <= charged(group(gains, apart), profit) + 1e-6
    assert charged(group(gains, 1.0), profit) == pytest.approx(float(sum(own.values())[0]))
    assert charged(group(gains, min(apart + more, 1.0)), profit) >= charged(group(gains, apart), profit) - 1e-6


@given(profit=books)
def test_what_nothing_offsets_stays(profit):
    own = alone(profit)
    assert charged(group(1.0), profit, least={name: 0.5 * own[name] for name in NAMES}) >= 0.5 * float(sum(own.values())[0]) - 1e-6


@given(profit=books)
def test_an_underlying_in_no_group_keeps_its_charge(profit):
    less = relief(group(1.0, names=("A", "B")), profit, alone(profit), none(profit))
    assert set(less) == {"A", "B"} and relief(None, profit, alone(profit), none(profit)) == {}


def test_a_pair_of_two_coins_is_relieved_by_the_group_of_the_rulebook():
    """±15 %: 30 of the long and 22.5 of the short; 75 % of the other's gain counts."""
    doc = document(PAIR, 1e4, MARKET, {"base": "tims", "override": NO_MINIMUM})
    assert maintenance(doc, "portfolio") == pytest.approx(30.0 - 0.75 * 22.5)
    apart = document(PAIR, 1e4, MARKET, {"base": "tims", "override": NO_MINIMUM | {"offsets": {"groups": []}}})
    assert maintenance(apart, "portfolio") == pytest.approx(52.5)
    steps = {step.name: step.amount for step in result(doc, "portfolio").steps}
    assert steps["Offsets between underlyings"] == pytest.approx(maintenance(doc, "portfolio") - 52.5)


# Credits ----------------------------------------------------------------------------------------------------------

def credit(share, first=1.0, second=1.0, sides="opposite", names=("A", "B")):
    return {"first": names[0], "first_ratio": first, "second": names[1], "second_ratio": second, "sides": sides, "credit": share}


def credited(rows, *delta):
    return shares(tuple(Credit.model_validate(row) for row in rows), NAMES, np.array([delta]))[0].tolist()


def test_spreads_are_formed_by_ratio_in_the_order_of_the_list():
    assert credited([credit(0.5, 1.0, 10.0)], 3.0, -10.0, 0.0) == pytest.approx([0.5 / 3.0, 0.5, 0.0])
    both = [credit(0.5, 1.0, 10.0), credit(0.2, names=("A", "C"))]
    assert credited(both, 3.0, -10.0, -8.0) == pytest.approx([(0.5 + 0.2 * 2.0) / 3.0, 0.5, 0.2 * 2.0 / 8.0])
    assert credited(both[::-1], 3.0, -10.0, -8.0) == pytest.approx([0.2, 0.0, 0.2 * 3.0 / 8.0])


def test_like_deltas_form_a_spread_only_where_the_row_says_so():
    assert credited([credit(0.5)], 1.0, 1.0, 0.0) == [0.0, 0.0, 0.0]
    assert credited([credit(0.5, sides="same")], 1.0, 1.0, 0.0) == [0.5, 0.5, 0.0]


@given(deltas=st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), one=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0),
       ratio=ratios, other=ratios)
def test_a_credit_is_between_nothing_and_all_and_grows_with_its_share(deltas, one, more, ratio, other):
    low, high = (credited([credit(share, ratio, other), credit(share, other, ratio, names=("C", "A"))], *deltas)
                 for share in (one, min(one + more, 1.0)))
    assert all(0.0 <= a <= b + 1e-12 and b <= 1.0 + 1e-9 for a, b in zip(low, high, strict=True))


def test_a_pair_of_two_coins_is_credited_by_the_rulebook():
    """One long of 30 ETH' worth against 30 short: all deltas are used, half of the price risk is credited."""
    legs = (perpetual(2.0, 100.0), perpetual(-60.0, 10.0, "ETH"))
    doc = document(legs, 1e4, MARKET, {"base": "span", "override": NO_MINIMUM})
    assert maintenance(doc, "portfolio") == pytest.approx(0.5 * (30.0 + 90.0))
    without = document(legs, 1e4, MARKET, {"base": "span", "override": NO_MINIMUM | {"offsets": {"credits": []}}})
    assert maintenance(without, "portfolio") == pytest.approx(120.0)


@pytest.mark.parametrize("short", [-60.0, -20.0, 0.0])
def test_without_price_moves_a_credit_is_a_share_of_the_whole_core(short):
    """A charge on net delta asks no more than its legs; each coin of one long is spread against ten of the other."""
    legs = [perpetual(2.0, 100.0)] + ([perpetual(short, 10.0, "ETH")] if short else [])
    rows = [credit(0.5, 1.0, 10.0, names=("BTC", "ETH"))]
    account, plain = read_document(document(legs, 1e4, MARKET, "delta-floor")), load.load("delta-floor").rules
    alone, spread = (float(hold(account, own, MODES["portfolio"]).now.maintenance[0, 0])
                     for own in (plain, plain.model_copy(update={"offsets": rules(credit_rows=rows)})))
    first, second = 200.0 / (200.0 - 10.0 * short), -10.0 * short / (200.0 - 10.0 * short)
    used = min(2.0, -short / 10.0)
    taken = 0.5 * (first * used / 2.0 + (second * used * 10.0 / -short if short else 0.0))
    assert spread == pytest.approx(alone * (1.0 - taken))


@pytest.mark.parametrize(("base", "override"), [
    ("tims", {"offsets.groups": [{"group": "g", "underlying": "A", "gains": 1.0}] * 2}),
    ("tims", {"offsets.groups": [{"group": "g", "underlying": "A", "gains": 1.0, "apart": 0.1}, {"group": "g", "underlying": "B", "gains": 1.0}]}),
    ("tims", {"offsets.groups": [{"group": "g", "underlying": "A", "gains": 1.5}]}),
    ("tims", {"portfolio.underlyings": "together", "portfolio.own_moves": []}),
    ("tims", {"portfolio.own_moves": [{"underlying": "BTC", "move": 0.1}]}),
    ("span", {"offsets.credits": [credit(0.5, names=("A", "A"))]}),
])
def test_offsets_that_cannot_be_read_are_refused(base, override):
    with pytest.raises(Refused):
        load.override(load.load(base), override)
