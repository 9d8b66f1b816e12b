"""E4: every convention at its least and its most, and every word of a choice, changes what one account shows.

One book that holds something of everything is asked under each value, with the other parameters it needs to matter laid
beside it. Values are the ends of what the parameter takes, or as far as figures stay within the range of numbers.
"""

import pytest

from risk_core.liquidation.order_prices import limit_prices
from risk_core.liquidation.partial import partial
from risk_core.margin import ratios
from risk_core.margin.compare import compare
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import kinds, load
from tests.core.books import DAY, call, cash, coin, document, future, perpetual, put
from tests.core.order_books import order

TIERS = [{"from": 0, "initial": 0.1, "maintenance": 0.02}, {"from": 250, "initial": 0.2, "maintenance": 0.05}]
SMALL = [{"from": 0, "initial": 0.1, "maintenance": 0.02}, {"from": 2, "initial": 0.2, "maintenance": 0.05}]
BASE = {"tiers.steps": TIERS}
LEGS = [
    perpetual(4.0, 95.0, leverage=8, unsettled_funding=3.0), perpetual(-1.0, 104.0, leverage=8), future(-2.0, 98.0),
    perpetual(-300.0, 10.0, "ETH", "inverse", mode="isolated", leverage=4),
    perpetual(1.0, 90.0, mode="isolated", leverage=5), put(95.0, -1.0), put(60.0, -4.0), put(260.0, -0.5),
    call(110.0, -1.0, seconds=20 * DAY), call(120.0, 0.5, seconds=20 * DAY),
]
ORDERS = [{"id": f"o{i}"} | one for i, one in enumerate((order(2.0, 97.0), order(-5.0, 106.0)))]
COLLATERAL = [coin("BTC", 2.0), coin("ETH", -3.0), coin("OTHER", 5.0)]
MARKET = {"BTC": {"price": 100.0, "volatility": 0.6, "rate": 0.3}, "ETH": {"price": 10.0, "volatility": 0.8}}
PLAIN_LEGS = [leg for leg in LEGS if leg["kind"] != "option"]


def made(legs, dollars):
    return read_document(document(legs, [cash(dollars), *COLLATERAL], MARKET, assets={"OTHER": 4.0}) | {"orders": ORDERS})


RICH, FUTURES = made(LEGS, 400.0), made(PLAIN_LEGS, 400.0)
STRAINED = read_document(document([perpetual(4.0, 95.0), future(-2.0, 98.0), perpetual(-300.0, 10.0, "ETH", "inverse")],
                                  [cash(0.0)], MARKET))
SIZE = {"tiers.measure": "size", "tiers.steps": SMALL}
FEE = {"fees.closing_rate": 0.01, "fees.closing_on": "bankruptcy price"}
STEPS = {"liquidation.sequence": "until safe"}
OWN_RATES = {"underlying": "BTC", "initial_rate": 0.5, "initial_floor": 0.4, "maintenance_rate": 0.2}
ENDS = {
    "collateral.haircuts": ([{"BTC": 0.0}, {"BTC": 1.0}], {}),
    "collateral.other_haircut": ([0.0, 1.0], {}),
    "collateral.slices": ([[], [{"asset": "BTC", "from": 0, "haircut": 1.0}]], {}),
    "collateral.initial_haircuts": ([{"BTC": 0.0}, {"BTC": 1.0}], {}),
    "collateral.borrow_weights": ([{"ETH": 1.0}, {"ETH": 1e6}], {}),
    "collateral.size_factors": ([{"BTC": 0.0}, {"BTC": 1e18}], {}),
    "collateral.deposits": ([{"BTC": 1e-6}, {"BTC": 1e18}], {"collateral.deposit_starts": {"BTC": 1e3}}),
    "collateral.deposit_starts": ([{"BTC": 1e-6}, {"BTC": 1e18}], {"collateral.deposits": {"BTC": 1e3}}),
    "tiers.steps": ([[TIERS[0] | {"initial": 0.0, "maintenance": 0.0}], [TIERS[0] | {"initial": 1.0, "maintenance": 1.0}]],
                    {}),
    "tiers.own_steps": ([[], [{"underlying": "BTC", "from": 0, "initial": 1.0, "maintenance": 1.0}]], {}),
    "tiers.initial_slope": ([{"BTC": 0.0}, {"BTC": 1e6}], SIZE | {"tiers.style": "linear"}),
    "tiers.maintenance_slope": ([{"BTC": 0.0}, {"BTC": 1e6}], SIZE | {"tiers.style": "linear"}),
    "tiers.power": ([0.0, 10.0], SIZE | {"tiers.style": "power", "tiers.maintenance_slope": {"BTC": 0.03}}),
    "fees.closing_rate": ([0.0, 1.0], {"fees.closing_on": "entry"}),
    "futures.ticks": ([{"BTC": 1e-6}, {"BTC": 40.0}], {"futures.rounding": "against the trader"}),
    "liquidation.step_share": ([0.01, 1.0], STEPS),
    "liquidation.step_tiers": ([1.0, 100.0], {"liquidation.sequence": "step down tiers"}),
    "liquidation.target_ratio": ([0.01, 1.0], STEPS),
    "liquidation.whole_up_to": ([0.0, 1e18], STEPS),
    "liquidation.takeover_ratio": ([0.0, 1.0], STEPS),
    "liquidation.fee_rate": ([0.0, 1.0], STEPS),
    "liquidation.rate_buffer": ([0.0, 1.0], STEPS),
    "liquidation.auction_buffer": ([0.0, 1.0], {"liquidation.sequence": "auction"}),
    "liquidation.spread_to_maintenance": ([0.0, 10.0], {}),
    "liquidation.bankruptcy_adjustment": ([0.0, 1e18], {}),
    "options.initial_rate": ([0.1, 1.0], {}),
    "options.initial_floor": ([0.08, 0.15], {}),
    "options.maintenance_rate": ([0.0, 0.1], {}),
    "options.maintenance_floor": ([0.0, 0.075], {"options.maintenance_out_of_money": "taken off",
                                                 "options.put_maintenance_on": "index"}),
    "options.own_rates": ([[], [OWN_RATES]], {}),
    "options.put_initial_least": ([0.0, 1e6], {}),
    "options.put_caps": ([{"initial": 0.0, "maintenance": 0.0}, {"initial": 1.0, "maintenance": 1.0}],
                         {"options.put_floor_on": "index", "options.put_maintenance_on": "index"}),
    "options.liquidation_fee": ([0.0, 1.0], {}),
    "options.size_steps": ([[], [{"from": 0, "factor": 3.0}]], {}),
    "options.long_mark_rates": ([{"maintenance": 0.0}, {"maintenance": 1.0}], {"options.long_index_rates": {"maintenance": 1.0}}),
    "options.long_index_rates": ([{"maintenance": 0.0}, {"maintenance": 1.0}], {"options.long_mark_rates": {"maintenance": 1.0}}),
    "options.unpaired_calls": ([{"maintenance": 0.0}, {"maintenance": 1.0}], {"options.offset": "same expiry"}),
}
BESIDE = {
    "tiers.style": SIZE | {"tiers.maintenance_slope": {"BTC": 0.01}, "tiers.initial_slope": {"BTC": 0.01}, "tiers.power": 1.5},
    "tiers.measure": {"tiers.steps": [TIERS[0], TIERS[1] | {"from": 3.9}]},
    "tiers.by": {"tiers.measure": "size", "tiers.style": "whole", "tiers.steps": [SMALL[0], SMALL[1] | {"from": 4}]},
    "fees.closing_on": {"fees.closing_rate": 0.01},
    "fees.closing_in": FEE, "fees.bankruptcy": FEE,
    "futures.rounding": {"futures.ticks": {"BTC": 40.0}},
    "liquidation.fee_on": {"liquidation.sequence": "auction", "liquidation.fee_rate": 0.001},
    "options.maintenance_out_of_money": {"options.put_maintenance_on": "index"},
    "options.out_of_money": {"options.initial_rate": 0.5},
}
"""What has to stand beside a choice so that its words differ."""
ALIKE = {"tiers.maintenance_at_isolated": {("as in the pool", "tested price")}}
"""Words that mean the same beside the plain convention."""
ELSEWHERE = {"tiers.as_of": "only rulebooks with tables of earlier days have days to choose: test_dated_tiers",
             "tiers.open_interest": "reads the open interest of a market, which this book does not state: test_open_interest"}
SECTIONS = ("collateral", "tiers", "fees", "futures", "orders", "liquidation", "display", "options")
KEYS = [key for key in load.meanings() if key.split(".")[0] in SECTIONS and key not in ELSEWHERE]


def under(changes):
    return load.override(load.load("generic"), {key: value for key, value in (BASE | changes).items() if value is not None})


def shown(key, book):
    """What the account shows that this parameter could change."""
    if key.startswith("liquidation."):
        steps = [(one.fee, one.insurance, one.closed, one.after) for one in partial(STRAINED, book, "cross")]
        return steps, limit_prices(hold(STRAINED, book.rules, MODES["cross"])).tolist()
    account = FUTURES if key == "futures.cross_price" else RICH
    found = compare(account, book, ["as_held", "cross"]).modes.values()
    form = ratios.ratio(book.rules)
    return [(one.head.equity, one.head.initial_margin, one.head.maintenance_margin, one.head.available, form.of(one.head),
             [(leg.liquidation_price, leg.bankruptcy_price, leg.maintenance_margin) for leg in one.positions],
             {name: level.regions for name, level in one.liquidation.items()}) for one in found]


@pytest.mark.parametrize("key", [key for key in KEYS if key in ENDS])
def test_E4_least_and_most_of_a_parameter_differ(key):
    (low, high), beside = ENDS[key]
    assert shown(key, under(beside | {key: low})) != shown(key, under(beside | {key: high}))


@pytest.mark.parametrize("key", [key for key in KEYS if kinds.kinds()[key].sort == kinds.CHOICE])
def test_E4_every_word_of_a_choice_shows_something_else(key):
    beside, words = BESIDE.get(key, {}), kinds.kinds()[key].options
    found = [shown(key, under(beside | {key: word})) for word in words]
    same = [(a, b) for i, a in enumerate(words) for j, b in enumerate(words) if i < j and found[i] == found[j]]
    assert set(same) <= ALIKE.get(key, set())


def test_E4_every_parameter_has_its_ends_or_its_words():
    choices = {key for key in KEYS if kinds.kinds()[key].sort == kinds.CHOICE}
    assert ENDS.keys() | choices == set(KEYS) and not ENDS.keys() & choices
