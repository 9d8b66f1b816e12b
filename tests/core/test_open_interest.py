"""Initial rates that rise with open interest: exact parts per million, in the modes that charge by tier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin.charges import open_interest as oi
from risk_core.rulebooks import load
from tests.core.books import document, perpetual, result


def margins(name, held, mode="cross", rules="dydx-style"):
    market = {name: {"price": 100.0} | ({} if held is None else {"open_interest": held})}
    head = result(document([perpetual(10.0, 100.0, name)], 1e6, market, rules), mode).head
    return head.initial_margin, head.maintenance_margin


@pytest.mark.parametrize("mode", ["cross", "isolated", "as_held"])
@pytest.mark.parametrize(("name", "held", "initial"), [
    ("PEPE", None, 200.0), ("PEPE", 0.0, 200.0), ("PEPE", 5e6, 200.0), ("PEPE", 7.5e6, 600.0), ("PEPE", 99e6, 1000.0),
    ("SOL", 35e6, 550.0), ("BTC", 1e12, 20.0)])
def test_the_initial_rate_rises_between_two_open_interests_and_maintenance_does_not(mode, name, held, initial):
    assert margins(name, held, mode) == (pytest.approx(initial), margins(name, None, mode)[1])


@given(base=st.integers(0, oi.PPM), lower=st.integers(0, 10**15), width=st.integers(1, 10**15), held=st.integers(0, 10**16),
       more=st.integers(0, 10**15))
def test_the_rate_stays_between_base_and_1_and_never_falls(base, lower, width, held, more):
    low, high = (oi.initial_ppm(base, lower, lower + width, one) for one in (held, held + more))
    assert base <= low <= high <= oi.PPM
    assert oi.initial_ppm(base, lower, 0, held) == base


@given(notional=st.integers(0, 10**15), ppm=st.integers(0, oi.PPM))
def test_amounts_are_rounded_up_by_less_than_one_unit(notional, ppm):
    assert 0 <= oi.initial_amount(notional, ppm) * oi.PPM - notional * ppm < oi.PPM


def test_caps_that_do_not_rise_are_refused():
    with pytest.raises(Exception, match="must be above lower"):
        load.override(load.load("dydx-style"), {"tiers.open_interest": [{"lower": 5.0, "upper": 5.0}]})


def test_a_rulebook_without_caps_takes_no_notice():
    assert margins("SOL", 1e12, rules="generic") == margins("SOL", None, rules="generic")
