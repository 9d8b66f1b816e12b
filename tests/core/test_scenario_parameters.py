"""E4 for portfolio margin: every switch and figure of the scenario pipeline changes a demand, at its least and its most."""

import copy

import pytest

from risk_core.errors import Refused
from risk_core.rulebooks import load
from tests.core.books import DAY, YEAR, call, cash, coin, document, future, instant, perpetual, put
from tests.core.scenario_books import SKEW, TILTED, demanded, ruled

PRICES = {
    "BTC": {"price": 100.0, "volatility": 0.6, "confidence": 0.5, "forwards": [
        {"expiry": instant(30 * DAY), "price": 101.0, "rate": 0.1}, {"expiry": instant(900), "price": 100.0, "rate": 0.1}]},
    "ETH": {"price": 50.0, "volatility": 0.8, "rate": 0.05},
}
BOOK = [perpetual(-300.0, 95.0, mark_price=101.0), perpetual(9_000.0, 50.0, underlying="ETH", settlement="inverse"),
        future(200.0, 104.0), call(104.0, -400.0), call(120.0, 300.0), put(92.0, -600.0), put(60.0, 100.0, seconds=900),
        call(101.0, 250.0, seconds=900), call(130.0, 250.0, seconds=YEAR), put(40.0, -90.0, underlying="ETH", seconds=60 * DAY)]
HELD = [cash(9_000), coin("BTC", 40.0)]
FAR = [{"move": -0.6, "volatility": "up", "weight": 0.9}, {"move": 1.5, "volatility": "up", "weight": 0.7}]
TABLE = [{"days": 0, "up": 0.9, "down": 0.3, "points_up": 0.8, "points_down": 0.2}]
CORE = {"initial_on": "core", "initial_factor": 4.0}
TOGETHER = {"underlyings": "together"}
SKEWED = SKEW | {"extended_rows": TILTED, "moves": [0.0], "volatility_up": 0.0, "volatility_down": 0.0}
DOUBT = {"confidence_threshold": 0.6, "confidence_scale": 0.3}
BASIS = {"moves": [0.0], "volatility_up": 0.0, "volatility_down": 0.0, "basis_moves": [-0.05, 0.05], "basis_rate": 0.5,
         "basis_rate_per_year": 1.0}
CASES = {
    "grid_states": ({}, ["same"]),  # the third, up and down, is in test_states_of_the_grid
    "outer_moves": ({"moves": [-0.1, -0.05, 0.0, 0.05, 0.1], "volatility_up": 0.0, "volatility_down": 1.0}, ["volatility up"]),
    "volatility_shock": ({"points_up": 0.9, "points_down": 0.1}, ["points", "worse of both"]),
    "volatility_scaling": ({"volatility_table": TABLE}, ["table"]),
    "volatility_table": ({"volatility_scaling": "table", "volatility_table": TABLE}, [
        [{"days": 0, "up": 0.0, "down": 0.0}], [{"days": 0, "up": 9.0, "down": 1.0}]]),
    "points_up": ({"volatility_shock": "points", "points_up": 0.2}, [0.0, 5.0]),
    "points_down": ({"volatility_shock": "points", "points_down": 0.2, "moves": [0.0]}, [0.0, 5.0]),
    "least_volatility_up": ({}, [0.9, 20.0]),
    "skew_cap": (SKEWED, [0.0, 5.0]),
    "skew_cap_slope": (SKEWED | {"skew_cap_slope": 0.0}, [-0.2, 5.0]),
    "wings_cap": (SKEWED, [0.0, 5.0]),
    "wings_cap_slope": (SKEWED | {"wings_cap_slope": 0.0}, [-0.2, 5.0]),
    "skew_least_width": (SKEWED, [0.5, 10.0]),
    "skew_width": (SKEWED, [0.0, 10.0]),
    "skew_volatility": (SKEWED, [0.0, 5.0]),
    "skew_volatility_slope": (SKEWED, [-5.0, 5.0]),
    "skew_change": (SKEWED, ["as it is"]),
    "linear_base": ({}, ["index"]),
    "profit_in": ({}, ["coin"]),
    "option_discount": ({}, ["none"]),
    "settlement_minutes": ({}, [20.0, 1e5]),
    "positive_factor": ({}, [0.0, 2.0]),
    "positive_rate_multiple": ({}, [0.5, 10.0]),
    "positive_rate_added": ({}, [0.1, 10.0]),
    "negative_factor": ({"negative_factor": 0.99}, [0.0, 2.0]),
    "negative_rate_multiple": ({"negative_factor": 0.99}, [0.5, 10.0]),
    "negative_rate_added": ({"negative_factor": 0.99}, [0.1, 10.0]),
    "extended_scale": ({"extended_rows": FAR}, ["edge"]),
    "extended_dampener": ({"moves": [-0.1, 0.1], "extended_rows": FAR, "extended_scale": "edge", "grid_states": "same"}, [50.0, 1e6]),
    "underlyings": ({}, ["together"]),
    "gains_share": (TOGETHER, [0.0, 0.5]),
    "gains_cap": (TOGETHER, [0.0, 10.0]),
    "basis_moves": (BASIS, [[-0.5, 0.5], []]),
    "basis_rate": (BASIS, [0.0, 5.0]),
    "basis_rate_per_year": (BASIS, [0.0, 5.0]),
    "risk_cancelling": ({}, [[{"asset": "BTC", "underlying": "BTC"}], [{"asset": "BTC", "underlying": "ETH"}]]),
    "cancelling_rate": ({"risk_cancelling": [{"asset": "BTC", "underlying": "BTC"}]}, [0.1, 1.0]),
    "perpetual_initial": (CORE | {"perpetual_initial": 0.1}, [0.0, 3.0]),
    "perpetual_maintenance": ({}, [0.1, 3.0]),
    "naked_initial": (CORE | {"naked_initial": 0.1}, [0.0, 2.0]),
    "naked_maintenance": ({}, [0.1, 2.0]),
    "confidence_threshold": (DOUBT, [0.0, 0.4]),
    "confidence_scale": (DOUBT, [0.0, 20.0]),
    "maintenance_factor": (CORE, [0.0, 4.0]),
    "initial_on": ({"maintenance_factor": 0.5}, ["core"]),
    "pegs": ({}, [[{"asset": "USDC", "threshold": 0.99, "factor": 4.0}], [{"asset": "USDC", "threshold": 1.5, "factor": 1.0}]]),
    "own_moves": ({}, [[{"underlying": "BTC", "move": move} for move in (-0.5, 0.5)], [{"underlying": "other", "move": 0.0}]]),
    "own_extended_rows": ({}, [[row | {"underlying": "BTC"} for row in FAR]]),
    "own_rates": ({}, [[{"underlying": "BTC", key: value}] for key, value in (
        ("volatility_up", 3.0), ("volatility_down", 0.9), ("least_volatility_up", 2.0), ("initial_factor", 3.0),
        ("maintenance_factor", 0.5), ("perpetual_maintenance", 0.5), ("naked_maintenance", 0.5))]),
}


def turned(*names):
    """The book with every size of these underlyings negated."""
    return [leg | {"quantity": -leg["quantity"]} if leg["underlying"] in names else leg for leg in BOOK]


BOOKS = (BOOK, turned("BTC", "ETH"), turned("ETH"), BOOK[6:8], [call(101.0, 2.0), put(101.0, 2.0)])


def figures(**portfolio):
    """Parts of what is demanded of several books."""
    docs = [document(legs, HELD, PRICES, assets={"USDC": 0.9}) for legs in BOOKS]
    found = [demanded(ruled(doc, **copy.deepcopy(portfolio))) for doc in docs]
    return [(one.key, one.underlying, one.initial[0], one.maintenance[0]) for of in found for one in of.parts]


@pytest.mark.parametrize("key", CASES)
def test_E4_every_switch_changes_a_demand(key):
    beside, values = CASES[key]
    usual = figures(**beside)
    for value in values:
        assert figures(**beside | {key: value}) != usual, (key, value)


def test_E4_no_switch_is_left_out():
    plain = {key.removeprefix("portfolio.") for key, known in load.meanings().items()
             if key.startswith("portfolio.") and "default" in known}
    assert set(CASES) == plain


@pytest.mark.parametrize(("portfolio", "rule"), [
    ({"volatility_scaling": "table"}, "volatility_table is required where volatility_scaling is table"),
    ({"volatility_table": [{"days": 9.0}, {"days": 3.0}]}, "volatility_table must rise in days"),
    ({"initial_on": "core", "maintenance_factor": 2.0}, "initial_factor must not be below maintenance_factor"),
    ({"initial_on": "core", "naked_maintenance": 0.1}, "naked_initial must not be below naked_maintenance"),
    ({"initial_on": "core", "own_rates": [{"underlying": "BTC", "perpetual_maintenance": 0.1}]},
     "perpetual_initial must not be below perpetual_maintenance"),
    ({"naked_initial": 0.1}, "perpetual_initial and naked_initial need initial_on core: initial is a factor else"),
    ({"extended_dampener": 5.0}, "extended_dampener needs extended_scale edge"),
    ({"underlyings": "together", "own_moves": [{"underlying": "BTC", "move": 0.1}]},
     "own_moves and own_extended_rows need underlyings apart: rows of all are added up"),
])
def test_choices_that_exclude_each_other_are_refused(portfolio, rule):
    with pytest.raises(Refused, match=rule):
        figures(**portfolio)
