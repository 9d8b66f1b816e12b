"""Charges beside the worst row, maps to initial and maintenance, and what is said of them; by hand."""

import pytest

from tests.core.books import DAY, call, cash, changed, coin, document, future, instant, perpetual, put, result
from tests.core.scenario_books import ON_CORE, PLAIN, asked, demanded, part, ruled

# Charges and maps -------------------------------------------------------------------------------------------------

def test_naked_shorts_are_counted_by_strike():
    # Short 5 calls and long 2 puts of one strike are 3 naked; the long call of another strike covers nothing.
    legs = [call(100.0, -5.0), put(100.0, 2.0), call(110.0, 4.0), put(100.0, -1.0, seconds=60 * DAY)]
    doc = ruled(document(legs, 0), naked_maintenance=0.01)
    assert part(doc, "naked_maintenance") == pytest.approx(4.0, rel=1e-12)


def test_perpetuals_of_both_sides_are_charged():
    doc = document([perpetual(3.0, 100.0, mark_price=101.0), future(-2.0, 100.0), perpetual(-500.0, 100.0, settlement="inverse")], 0)
    assert part(ruled(doc, perpetual_maintenance=0.03), "perpetual_maintenance") == pytest.approx(0.03 * 1000.0, rel=1e-12)


def test_initial_on_the_core_leaves_charges_whole():
    doc = document([perpetual(1.0, 100.0)], 0)
    more = {"perpetual_initial": 0.04, "perpetual_maintenance": 0.03}
    assert asked(ruled(doc, **PLAIN, **ON_CORE, **more)) == pytest.approx((16.0 + 4.0, 12.8 + 3.0), rel=1e-12)
    assert asked(ruled(doc, **PLAIN, initial_factor=1.3, perpetual_maintenance=0.03)) == pytest.approx((24.7, 19.0), rel=1e-12)


def test_a_coin_below_par_raises_the_initial_factor():
    peg = {"pegs": [{"asset": "USDC", "threshold": 0.99, "factor": 4.0}]}
    doc = document([perpetual(1.0, 100.0)], 0)
    at = {price: asked(ruled(changed(doc, market=doc["market"] | {"assets": {"USDC": price}}), **PLAIN, **peg))
          for price in (1.0, 0.99, 0.94)}
    assert at[1.0] == at[0.99] == asked(ruled(doc, **PLAIN, **peg)) == pytest.approx((20.0, 16.0))
    assert at[0.94] == pytest.approx(((1.25 + 4 * 0.05) * 16.0, 16.0), rel=1e-12)


def test_feeds_in_doubt_ask_initial_margin():
    doubt = {"confidence_threshold": 0.55, "confidence_scale": 1.0}
    market = {"BTC": {"price": 100.0, "volatility": 0.6, "perpetual_confidence": 0.5,
                      "forwards": [{"expiry": instant(30 * DAY), "price": 100.0, "confidence": 0.3}]}}
    for legs, asked_for in (([perpetual(-2.0, 100.0)], 0.5 * 200), ([call(100.0, 3.0)], 0.7 * 300),
                            ([call(100.0, 3.0, seconds=60 * DAY)], 0.0),
                            ([call(100.0, 3.0, seconds=60 * DAY), perpetual(1.0, 100.0)], 0.5 * 400)):
        doc = ruled(document(legs, 0, market), **doubt)
        assert part(doc, "confidence_scale", "initial") == pytest.approx(asked_for, abs=1e-12)
        assert part(doc, "confidence_scale") == 0.0
    coins = document((), [coin("USDT", 50.0)], assets={"USDT": 1.0}, confidence={"USDT": 0.5})
    assert asked(ruled(coins, **doubt)) == (25.0, 0.0)


def test_figures_of_an_underlying_stand_in_place_of_the_common_ones():
    own = {"own_moves": [{"underlying": "ETH", "move": move} for move in (-0.3, 0.0, 0.3)],
           "own_rates": [{"underlying": "ETH", "maintenance_factor": 0.9}, {"underlying": "other", "maintenance_factor": 0.95},
                         {"underlying": "BTC"}]}
    market = {name: {"price": 100.0} for name in ("BTC", "ETH", "SOL")}
    for name, expected in (("BTC", 0.8 * 16), ("ETH", 0.9 * 30), ("SOL", 0.95 * 16)):
        doc = document([perpetual(1.0, 100.0, underlying=name)], 0, market)
        assert asked(ruled(doc, **PLAIN, **ON_CORE, **own))[1] == pytest.approx(expected, rel=1e-12)


# What is shown ----------------------------------------------------------------------------------------------------

def test_the_worst_row_and_the_parts_are_named():
    doc = changed(document([perpetual(-1.0, 100.0), call(120.0, -1.0)], [cash(100.0)]), rules="derive-pm2")
    got = result(doc, "portfolio")
    assert got.worst.startswith("Worst scenario: BTC +")
    assert [one.name for one in got.components] == [
        "BTC worst scenario", "BTC futures and perpetuals", "BTC naked short options"]
    matrix = demanded(doc).scenarios[0]
    assert len(matrix.words) == len(matrix.move) == len(matrix.profit) == 33
    assert matrix.profit[matrix.setting[0]] == min(matrix.profit)
