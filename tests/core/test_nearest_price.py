"""The nearest point of price × volatility and price × days, held against twins that ask `margin()` cell by cell."""

import math

import numpy as np
import pytest

from db.samples import SAMPLES, slug
from risk_core.liquidation.frontier import price_and_days, price_and_volatility
from risk_core.liquidation.lines import ZERO
from risk_core.liquidation.nearest import FARTHEST, Spread
from risk_core.liquidation.nearest_price import nearest_by_day, nearest_with_volatility
from risk_core.liquidation.thresholds import levels
from risk_core.liquidation.volatility_moves import MEASURED, with_volatility
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES
from risk_core.margin.pledges import pinned
from risk_core.portfolio.account_file import read, read_document
from risk_core.portfolio.deviation import daily_volatility
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks import load
from tests.conftest import NIGHTLY
from tests.core.books import call, cash, changed, document, perpetual, put

FILES = sorted(SAMPLES.glob("*.margin.json"))
UNTIL = 45.0


def opened(file):
    account = read(file.read_text("utf-8"))
    rules = load.resolve(account.rules)
    name = account.underlyings[int(account.instruments.underlying[0])]
    return account, rules, name


def is_dead(account, rules, mode, name, factor):
    """Whether a bucket of the account is liquidated with one price multiplied."""
    holding = hold(account, rules.rules, MODES[mode])
    states = np.ones((1, len(account.underlyings)))
    states[0, account.underlyings.index(name)] = factor
    found = margin(holding, states)
    return bool((found.equity - found.maintenance < -ZERO * holding.size).any())


def beyond(factor, share=1e-6):
    """A little farther from now than `factor`, and a little nearer."""
    return factor ** (1.0 + share), factor ** (1.0 - share)


# Price and volatility --------------------------------------------------------------------------------------------

def distance(how, x, y):
    """The joint distance of price and volatility factors: √(z' Σ⁻¹ z), written out."""
    first, second = np.log(x) / how.volatilities[0], np.log(y) / how.volatilities[1]
    rho = how.correlation
    return np.sqrt((first**2 - 2.0 * rho * first * second + second**2) / (1.0 - rho**2))


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_no_cell_of_a_dense_map_is_liquidated_nearer(file):
    account, rules, name = opened(file)
    how = with_volatility(account.market.underlyings[name])
    found = nearest_with_volatility(account, rules, name, how)
    reach = max((one.sigmas for one in found.values() if one), default=FARTHEST) or 1.0
    x, y = (np.exp(np.linspace(-1.0, 1.0, 101) * reach * deviation) for deviation in how.volatilities)
    far = distance(how, x[None, :], y[:, None])
    for mode, least in price_and_volatility(account, rules, (name,), x, y).least.items():
        size = hold(account, rules.rules, MODES[mode]).size
        nearest = far[least < -ZERO * size].min(initial=math.inf)
        if found[mode] is None:
            assert nearest > FARTHEST
        else:
            assert found[mode].sigmas <= nearest * (1.0 + 1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_joint_point_is_on_the_frontier_at_the_distance_told(file, mode):
    account, rules, name = opened(file)
    how = with_volatility(account.market.underlyings[name])
    found = nearest_with_volatility(account, rules, name, how, (mode,))[mode]
    if found is None or found.sigmas == 0.0:
        assert found is None or is_dead(account, rules, mode, name, 1.0)
        return
    assert math.isclose(distance(how, found.factor, found.other), found.sigmas, rel_tol=1e-9)
    there = move(pinned(account, rules), WhatIf(volatility=found.other))
    outside, inside = beyond(found.factor)
    assert is_dead(there, rules, mode, name, outside) != is_dead(there, rules, mode, name, inside)


TWO = {"BTC": {"price": 100.0, "volatility": 0.6, "daily_volatility": 0.03},
       "ETH": {"price": 10.0, "volatility": 0.8, "daily_volatility": 0.04}}


def book(*legs, dollars=30.0):
    account = read_document(document(list(legs), [cash(dollars)], TWO))
    return account, load.resolve(account.rules)


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.7])
def test_without_options_the_distance_is_the_price_s_own(rho):
    """Volatility does nothing, so it goes where correlation takes it: ρ σ_v of it for each σ of the price."""
    account, rules = book(perpetual(-1.0, 100.0))
    how = Spread((0.03, 0.05), rho, "")
    found = nearest_with_volatility(account, rules, "BTC", how, ("cross",))["cross"]
    level = levels([hold(account, rules.rules, MODES["cross"])])[0].liquidation[0, 0].above
    alone = math.log(level / 100.0) / 0.03
    assert math.isclose(found.sigmas, alone, rel_tol=1e-5)
    assert math.isclose(math.log(found.other), rho * 0.05 * alone, rel_tol=2e-2, abs_tol=2e-3)


def test_short_options_break_sooner_when_volatility_rises_too():
    account, rules = book(put(80.0, -1.0), call(125.0, -1.0))
    both = nearest_with_volatility(account, rules, "BTC", Spread((0.03, 0.05), 0.0, ""), ("portfolio",))["portfolio"]
    calm = nearest_with_volatility(account, rules, "BTC", Spread((0.03, 1e-6), 0.0, ""), ("portfolio",))["portfolio"]
    assert both.other > 1.05 and both.sigmas < 0.99 * calm.sigmas


def test_a_leg_on_another_coin_that_volatility_closes_counts_at_any_price():
    """In isolated the walk of one coin leaves the other coin's legs out; the map does not."""
    account, rules = book(put(8.0, -1.0, underlying="ETH"), perpetual(0.001, 100.0, isolated_margin=1.0), dollars=500.0)
    how = Spread((0.03, 0.2), 0.0, "")
    found = nearest_with_volatility(account, rules, "BTC", how, ("isolated",))["isolated"]
    at = move(pinned(account, rules), WhatIf(volatility=found.other * 1.001))
    assert found.factor == 1.0 and is_dead(at, rules, "isolated", "BTC", 1.0)


def test_an_underlying_without_figures_of_its_own_says_whose_it_takes():
    account, _ = book(perpetual(1.0, 100.0))
    own = with_volatility(account.market.underlyings["ETH"])
    assert own.volatilities == (0.04, MEASURED["ETH"][0]) and own.correlation == MEASURED["ETH"][1]
    doc = document([{**perpetual(1.0, 100.0), "underlying": "SOL"}], [cash(5.0)], {"SOL": TWO["BTC"]})
    other = with_volatility(read_document(doc).market.underlyings["SOL"])
    assert other.volatilities[1] == MEASURED["BTC"][0] and "BTC's taken for SOL" in other.source
    bare = read_document(document([perpetual(1.0, 100.0)], [cash(5.0)], {"BTC": {"price": 100.0}}))
    assert with_volatility(bare.market.underlyings["BTC"]) is None


# Price and days --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("at", [WhatIf(), WhatIf(price=0.95, volatility=1.2, days=2.0)], ids=["now", "moved"])
@pytest.mark.parametrize("file", FILES if NIGHTLY else FILES[::5], ids=slug)
def test_no_day_is_liquidated_by_a_narrower_cone(file, at):
    """The twin asks every whole day, and on each of them every price of a dense walk."""
    account, rules, name = opened(file)
    daily, _ = daily_volatility(account.market.underlyings[name])
    found = nearest_by_day(account, rules, name, daily, UNTIL, at=at)
    days = np.arange(at.days + 1.0, UNTIL + 1.0)
    x = np.exp(np.linspace(-1.0, 1.0, 401) * 3.0 * daily * math.sqrt(UNTIL))
    cones = np.abs(np.log(x))[None, :] / (daily * np.sqrt(days - at.days)[:, None])
    for mode, least in price_and_days(account, rules, (name,), x, days, at=at).least.items():
        size = hold(account, rules.rules, MODES[mode]).size
        nearest = cones[least < -ZERO * size].min(initial=math.inf)
        own = math.inf if found[mode] is None else found[mode].sigmas
        assert own <= nearest * (1.0 + 1e-6)
        assert found[mode] is None or found[mode].other in days


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_price_of_the_day_is_on_the_frontier(file):
    account, rules, name = opened(file)
    daily, _ = daily_volatility(account.market.underlyings[name])
    for mode, one in nearest_by_day(account, rules, name, daily, UNTIL).items():
        if one is None:
            continue
        later = move(pinned(account, rules), WhatIf(days=one.other))
        assert math.isclose(abs(math.log(one.factor)) / daily / math.sqrt(one.other), one.sigmas, abs_tol=1e-12)
        if one.sigmas == 0.0:
            assert is_dead(later, rules, mode, name, 1.0)
        elif 1e-3 < one.factor < 1e3:
            outside, inside = beyond(one.factor)
            assert is_dead(later, rules, mode, name, outside) and not is_dead(later, rules, mode, name, inside)


def test_the_first_day_that_breaks_with_the_price_still_is_told():
    """Funding drains the account by 0.9 dollars a day; the buffer of 10 is below 0 from day 12 on."""
    doc = changed(document([perpetual(1.0, 100.0)], [cash(12.5)], TWO))
    doc["market"]["underlyings"]["BTC"]["funding_8h"] = 0.003
    account = read_document(doc)
    rules = load.resolve(account.rules)
    found = nearest_by_day(account, rules, "BTC", 0.03, 60.0, ("cross",))["cross"]
    buffers = price_and_days(account, rules, ("BTC",), np.ones(1), np.arange(0.0, 61.0), ("cross",)).least["cross"][:, 0]
    first = int(np.flatnonzero(buffers < 0.0)[0])
    assert first == 12 and (found.other, found.factor, found.sigmas) == (12.0, 1.0, 0.0)


def test_an_account_that_no_price_liquidates_has_no_day():
    account, rules = book(perpetual(1.0, 100.0), dollars=1e6)
    assert nearest_by_day(account, rules, "BTC", 0.03, 30.0, ("cross",)) == {"cross": None}
    assert nearest_by_day(account, rules, "BTC", 0.03, 0.5, ("cross",)) == {"cross": None}
