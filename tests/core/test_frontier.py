"""The frontier over two factors and the nearest point on it, held against `margin()` asked directly."""

import math

import numpy as np
import pytest

from db.samples import SAMPLES, slug
from risk_core.liquidation.frontier import price_and_days, price_and_volatility, two_prices
from risk_core.liquidation.lines import ZERO
from risk_core.liquidation.nearest import FARTHEST, Spread, nearest, spread
from risk_core.liquidation.thresholds import levels
from risk_core.liquidation.triggers import triggers
from risk_core.margin.compare import compare
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES
from risk_core.margin.netting import POOL
from risk_core.margin.pledges import pinned
from risk_core.portfolio.account_file import read, read_document
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks import load
from tests.core.books import cash, changed, coin, document, held, perpetual, put

FILES = sorted(SAMPLES.glob("*.margin.json"))
PAIR = "BTC", "ETH"
X, Y = np.array([0.4, 0.83, 1.0, 1.21, 2.5]), np.array([0.5, 0.97, 1.0, 1.4])
TWO = {"BTC": {"price": 100.0, "volatility": 0.6, "daily_volatility": 0.03},
       "ETH": {"price": 10.0, "volatility": 0.8, "daily_volatility": 0.04}}


def opened(file):
    account = read(file.read_text("utf-8"))
    return account, load.resolve(account.rules)


def factors(account, moves):
    """One state of the account's prices."""
    state = np.ones((1, len(account.underlyings)))
    for name, factor in moves.items():
        state[0, account.underlyings.index(name)] = factor
    return state


def buffers(holding, moves):
    at = margin(holding, factors(holding.account, moves))
    return (at.equity - at.maintenance)[0]


def least(holding, moves):
    """The least buffer; a pool without a leg counts only where it is negative."""
    found = buffers(holding, moves)
    if holding.mode.splits and not (holding.nets.bucket == POOL).any() and found[POOL] >= -ZERO * holding.size:
        found = np.delete(found, POOL)
    return found.min(initial=np.inf)


def close(one, other, holding):
    return one == other or abs(one - other) <= 1e-9 * holding.size


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_two_prices_are_the_sum_of_their_ladders(file):
    account, rules = opened(file)
    found = two_prices(account, rules, PAIR, X, Y)
    assert list(found.least) == list(MODES)
    for mode, grid in found.least.items():
        holding = hold(account, rules.rules, MODES[mode])
        for i, y in enumerate(Y):
            for j, x in enumerate(X):
                assert close(grid[i, j], least(holding, {"BTC": x, "ETH": y}), holding), (mode, x, y)


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_price_and_volatility_is_the_moved_account(file):
    account, rules = opened(file)
    found = price_and_volatility(account, rules, account.underlyings, X, Y)
    for i, y in enumerate(Y):
        moved = move(pinned(account, rules), WhatIf(volatility=float(y)))
        for mode, grid in found.least.items():
            holding = hold(moved, rules.rules, MODES[mode])
            for j, x in enumerate(X):
                direct = least(holding, dict.fromkeys(account.underlyings, x))
                assert close(grid[i, j], direct, holding), (mode, x, y)


@pytest.mark.parametrize("at", [WhatIf(), WhatIf(price=0.9, volatility=1.2, days=3.0)], ids=["now", "moved"])
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_price_and_days_is_the_later_account(file, at):
    account, rules = opened(file)
    days = np.array([0.0, 3.0, 40.0])
    found = price_and_days(account, rules, ["BTC"], X, days, at=at)
    for i, day in enumerate(days):
        later = move(pinned(account, rules), WhatIf(price=at.price, volatility=at.volatility, days=float(day)))
        for mode, grid in found.least.items():
            holding = hold(later, rules.rules, MODES[mode])
            for j, x in enumerate(X):
                assert close(grid[i, j], least(holding, {"BTC": x}), holding), (mode, x, day)


# The nearest point -----------------------------------------------------------------------------------------------

def dead(holding, how, standard):
    """Whether each of the independent standard moves (n, 2) liquidates a bucket."""
    states = np.ones((len(standard), len(holding.account.underlyings)))
    states[:, [holding.account.underlyings.index(name) for name in PAIR]] = np.exp(how.moves(standard))
    found = margin(holding, states)
    return (found.equity - found.maintenance < -ZERO * holding.size).any(axis=1)


def standardised(how, factors):
    """The standard move of two price factors: Σ's Cholesky factor, undone."""
    first = math.log(factors[0]) / how.volatilities[0]
    rest = math.log(factors[1]) / how.volatilities[1] - how.correlation * first
    return np.array([first, rest / math.sqrt(1.0 - how.correlation**2)])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_nearest_point_is_on_the_frontier_and_none_is_nearer(file, mode):
    account, rules = opened(file)
    holding = hold(account, rules.rules, MODES[mode])
    found, how = nearest(holding, PAIR), spread(holding, PAIR)
    if found is not None and found.sigmas == 0.0:
        assert dead(holding, how, np.zeros((1, 2))).all()
        return
    rng = np.random.default_rng(7)
    angle = rng.uniform(0.0, 2.0 * np.pi, 4_000)
    reach = (FARTHEST if found is None else found.sigmas) * np.sqrt(rng.uniform(0.0, 0.9985, len(angle)))
    assert not dead(holding, how, np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None]).any()
    if found is None:
        return
    at = standardised(how, found.factors)
    assert math.isclose(math.hypot(*at), found.sigmas, rel_tol=1e-9, abs_tol=1e-9)
    assert dead(holding, how, at[None] * (1.0 + 1e-6)).all()
    assert not dead(holding, how, at[None] * (1.0 - 1e-4)).any()


def test_nothing_held_that_could_be_liquidated_has_no_nearest_point():
    doc = document([perpetual(1.0, 100.0), perpetual(1.0, 10.0, "ETH")], 1e6, TWO)
    assert nearest(held(doc, "cross"), PAIR) is None
    assert nearest(held(document([], 100.0, TWO), "cross"), PAIR) is None


def test_an_account_below_maintenance_is_no_step_away():
    found = nearest(held(document([perpetual(1.0, 200.0)], 100.0, TWO), "cross"), PAIR)
    assert found is not None and found.sigmas == 0.0 and found.factors == (1.0, 1.0)


def test_one_coin_alone_is_nearest_along_the_likeliest_line():
    """Only BTC matters, so ETH goes where correlation takes it, and the distance is BTC's own."""
    doc = document([perpetual(-1.0, 100.0)], [cash(20.0)], TWO, correlation={"BTC/ETH": 0.5})
    holding = held(doc, "cross")
    level = levels([holding])[0].liquidation[0, 0].above
    found = nearest(holding, PAIR)
    alone = math.log(level / 100.0) / 0.03
    assert math.isclose(found.sigmas, alone, rel_tol=1e-5)
    assert math.isclose(math.log(found.factors[1]), 0.5 * 0.04 * alone, rel_tol=2e-2)


def test_without_a_volatility_there_is_no_distance():
    bare = {"BTC": {"price": 100.0}, "ETH": {"price": 10.0}}
    holding = held(document([perpetual(1.0, 100.0)], 20.0, bare), "cross")
    assert spread(holding, PAIR) is None and nearest(holding, PAIR) is None


def test_a_pair_is_found_in_either_order_and_a_missing_correlation_is_told():
    doc = document([perpetual(1.0, 100.0)], 20.0, TWO, correlation={"BTC/ETH": -0.3})
    assert spread(held(doc, "cross"), ("ETH", "BTC")).correlation == -0.3
    del doc["market"]["correlation"]
    found = spread(held(doc, "cross"), PAIR)
    assert found.correlation == 0.0 and "taken as 0" in found.source


@pytest.mark.parametrize("rho", [-1.0, -0.4, 0.0, 0.9, 1.0])
def test_every_point_of_an_ellipse_is_as_likely(rho):
    how = Spread((0.03, 0.05), rho, "")
    x, y = how.ellipse(2.0)
    safe = min(max(rho, -0.9999), 0.9999)
    first, second = np.log(x) / 0.03, np.log(y) / 0.05
    distance = (first**2 - 2 * safe * first * second + second**2) / (1 - safe**2)
    assert np.allclose(np.sqrt(distance), 2.0, rtol=1e-6)


# Triggers --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("file", FILES, ids=slug)
def test_triggers_are_the_levels_of_the_comparison(file):
    account, rules = opened(file)
    compared, found = compare(account, rules), triggers(account, rules)
    for name, mode in compared.modes.items():
        mine = [one for one in found if one.mode == name]
        for leg in mode.positions:
            own = next(one for one in mine if leg.id in one.legs and one.underlying in leg.label)
            assert own.liquidation.nearest == leg.liquidation_price
            assert own.liquidation.now or own.bankruptcy == leg.bankruptcy_price
            assert own.liquidation.now == leg.liquidated
        buckets = {one.who: one.notional for one in mine}
        assert math.isclose(math.fsum(buckets.values()), math.fsum(leg.notional for leg in mode.positions))


def test_coins_without_a_leg_are_triggers_too():
    doc = document([put(80.0, -1.0)], [cash(-50.0), coin("ETH", 20.0)], TWO)
    doc = changed(doc, positions=[leg | {"mode": "cross"} for leg in doc["positions"]])
    account = read_document(doc)
    found = {(one.mode, one.underlying): one for one in triggers(account, load.resolve(account.rules)) if one.legs}
    assert found["cross", "ETH"].liquidation.below is not None
