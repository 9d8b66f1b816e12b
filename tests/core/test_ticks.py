"""L17: a printed level lies on its tick, on the side where the leg is still safe."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.whatif import WhatIf, move
from tests.core import strategies as some
from tests.core.books import buffer, changed, document, future, leg_figures, perpetual, scale

PRICE = 100.0


def ruled(tick):
    return {"base": "generic", "override": {"futures": {"rounding": "against the trader", "ticks": {"BTC": tick}}}}


def printed(doc, mode, tick):
    """(exact, printed) level of the first leg, dollars."""
    return tuple(leg_figures(changed(doc, rules=rules), mode).liquidation_price for rules in ("generic", ruled(tick)))


def buffer_at(doc, mode, price):
    return buffer(dict(move(read_document(doc), WhatIf(price=price / PRICE)).document), mode)


@given(side=some.signs, settlement=st.sampled_from(("linear", "inverse")), size=some.log_uniform(1e-2, 1e5),
       entry=some.multiples, share=some.collateral_shares, tick=some.log_uniform(1e-3, 10.0))
def test_L17_of_a_long_up_of_a_short_down_and_safe_there(side, settlement, size, entry, share, tick):
    units = size if settlement == "linear" else size * PRICE
    pledge = share * size * PRICE
    doc = document([perpetual(side * units, PRICE * entry, settlement=settlement, isolated_margin=pledge)], pledge)
    exact, shown = printed(doc, "isolated", tick)
    assume(exact is not None)
    if shown is None:
        assert side < 0 and exact < tick      # no tick is left below it
        return
    assert -1e-9 * tick <= side * (shown - exact) < tick * (1 + 1e-9)
    assert shown / tick == pytest.approx(round(shown / tick), abs=1e-6)
    assert buffer_at(doc, "isolated", shown) >= -1e-9 * scale(doc) * max(1.0, shown / PRICE)


def test_L17_of_a_hedged_long_that_is_liquidated_upward_it_is_down():
    # Long 10 and short 10 at 100, cash 100: maintenance 0.5 s eats it up from 200 on; printed 210 it would be 5 short.
    doc = document([perpetual(10.0, PRICE), future(-10.0, PRICE)], 100)
    assert printed(doc, "cross", 30.0) == (pytest.approx(200.0), pytest.approx(180.0))
    assert buffer_at(doc, "cross", 210.0) == pytest.approx(-5.0)
    assert math.isclose(buffer_at(doc, "cross", 180.0), 10.0)
