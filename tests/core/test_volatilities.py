"""Many volatilities at once, held against the same holding asked at each volatility by itself."""

from pathlib import Path

import numpy as np
import pytest

from db.samples import SAMPLES, slug
from risk_core.liquidation.lines import ZERO
from risk_core.liquidation.volatilities import Spot, Volatilities, at_volatility, buffers_at
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES, usable
from risk_core.portfolio.account_file import read, read_document
from risk_core.rulebooks import load
from tests.conftest import NIGHTLY
from tests.core.books import call, cash, document, perpetual, put

FILES = sorted(SAMPLES.glob("*.margin.json"))
BOOKS = "generic", "deribit-style", "derive-style", "okx-style", "paradex-style"
FACTORS = np.array([0.3, 0.9, 1.0, 1.7])
K = np.array([0.5, 0.93, 1.0, 1.2, 3.0])
TWO = {"BTC": {"price": 100.0, "volatility": 0.6}, "ETH": {"price": 10.0, "volatility": 0.8}}


def holdings(account, rules):
    return [hold(account, rules.rules, mode) for mode in usable(tuple(MODES), account, rules.rules)]


def twin(holding, beta, factor):
    """Buffers (X, B) of the holding at one volatility, states asked."""
    at = margin(at_volatility(holding, factor), 1.0 + beta * (K[:, None] - 1.0))
    return at.equity - at.maintenance


def opened(file, book):
    account = read(file.read_text("utf-8"))
    return account, load.resolve(book)


@pytest.mark.parametrize(("file", "book"), [
    (file, book) for i, file in enumerate(FILES) for j, book in enumerate(BOOKS) if NIGHTLY or (i + j) % 2],
    ids=lambda one: slug(one) if isinstance(one, Path) else one)
def test_buffers_are_those_of_each_volatility_by_itself(file, book):
    account, rules = opened(file, book)
    for moved in [account.underlyings, *((name,) for name in account.underlyings)]:
        beta = account.direction(moved)
        for holding in holdings(account, rules):
            found = buffers_at(holding, beta, K, FACTORS)
            for i, factor in enumerate(FACTORS):
                assert np.abs(found[i] - twin(holding, beta, factor)).max() <= 1e-11 * holding.size


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_a_price_is_in_a_region_where_a_buffer_is_below_zero(file):
    account, rules = opened(file, "generic")
    low, high = K[0], K[-1]
    for moved in [account.underlyings, account.underlyings[:1]]:
        beta = account.direction(moved)
        held = holdings(account, rules)
        spots = [Spot(number, float(factor), low, high) for factor in FACTORS for number in range(len(held))]
        for spot, regions in zip(spots, Volatilities(held, beta).regions(spots), strict=True):
            holding = held[spot.holding]
            for k, least in zip(K, twin(holding, beta, spot.volatility).min(axis=1), strict=True):
                if abs(least) > 1e-9 * holding.size:
                    assert any(a <= k <= b for a, b in regions) == (least < 0.0), (holding.mode.name, spot, k)


def test_an_option_whose_price_stands_still_is_worth_what_its_volatility_says():
    """The walk of one coin has the other coin's option in a constant, which only that volatility's own lines know."""
    legs = [call(120.0, -1.0), put(8.0, -20.0, underlying="ETH"), perpetual(0.5, 100.0)]
    account = read_document(document(legs, [cash(400.0)], TWO))
    beta = account.direction(("BTC",))
    for holding in holdings(account, load.resolve("generic")):
        found = buffers_at(holding, beta, K, FACTORS)
        assert np.ptp(found[:, 2].min(axis=1)) > 1e-3 * holding.size
        for i, factor in enumerate(FACTORS):
            assert np.abs(found[i] - twin(holding, beta, factor)).max() <= 1e-11 * holding.size


def test_nothing_is_found_in_a_range_without_width():
    account, rules = opened(FILES[1], "generic")
    held = holdings(account, rules)
    spots = [Spot(number, 1.0, 1.0, 1.0) for number in range(len(held))]
    alive = [number for number, one in enumerate(held)
             if ((one.now.equity - one.now.maintenance)[0] >= -ZERO * one.size).all()]
    found = Volatilities(held, account.direction(account.underlyings)).regions(spots)
    assert alive and all(not found[number] for number in alive)
