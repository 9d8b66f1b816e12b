"""Venue rulebooks: sound and sourced data, look-ups the venues publish, and levels that hold on sample accounts."""

import json
import math
import re
from datetime import date

import numpy as np
import pytest

from risk_core.liquidation.thresholds import levels
from risk_core.margin.compare import compare
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES, usable
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.conftest import ROOT
from tests.core.books import buffers, cash, direction, document, perpetual

NAMES = [name for name in load.names() if name.endswith("-style")]
VENUES = {"binance-style", "binance-2021-style", "binance-coin-style", "bybit-style", "bybit-classic-style", "okx-style",
          "bitmex-style", "deribit-style", "hyperliquid-style", "dydx-style", "derive-style", "kraken-style", "kucoin-style",
          "gate-style", "bitget-style", "drift-style", "paradex-style", "phemex-style", "htx-style"}
WITH_OPTIONS = {"bybit-style", "okx-style", "deribit-style", "derive-style", "paradex-style"}
PAGE = re.compile(r"[a-z0-9-]+\.(com|io|org|trade|xyz|club)\b|[\w.-]+/[\w.-]+: |docs/methods/[a-z]+\.md|account [A-Za-z0-9]{40,}")
SAMPLES = {path.name.split(".")[0]: json.loads(path.read_text("utf-8"))
           for path in sorted((ROOT / "db/samples").glob("*.margin.json"))
           if path.name[:2] in {"01", "03", "04", "06", "08", "13", "14"}}
NOTIONALS = np.geomspace(1.0, 1e9, 46)


def alone(rules, *legs, price=100_000.0, name="BTC", pledge=1e9):
    """The account of isolated `legs` of one underlying at `price` dollars."""
    legs = [leg | {"mode": "isolated", "isolated_margin": pledge} for leg in legs]
    return read_document(document(legs, [cash(1e10)], {name: {"price": price}}, rules))


def asked(rules, quantity, price=100_000.0, name="BTC", **more):
    """(initial, maintenance) dollars of one isolated perpetual."""
    leg = perpetual(quantity, more.pop("entry", price), name, **more)
    account = alone(rules, leg, price=price, name=name)
    figures = compare(account, load.load(rules), ["as_held"]).modes["as_held"].positions[0]
    return figures.initial_margin, figures.maintenance_margin


# Data -------------------------------------------------------------------------------------------------------------

def test_every_venue_has_its_rulebook():
    assert set(NAMES) == VENUES
    assert {name for name in NAMES if load.load(name).rules.options} == WITH_OPTIONS


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_says_where_it_comes_from(name):
    book = load.load(name)
    for key, parameter in book.parameters.items():
        assert PAGE.search(parameter.source), (key, parameter.source)
        assert date(2019, 1, 1) <= parameter.date <= date(2026, 11, 21), key
    assert book.rules.portfolio is None and len(book.limits) >= 3
    assert all(line.endswith(".") for line in book.limits)


@pytest.mark.parametrize("name", NAMES)
def test_initial_margin_is_never_below_maintenance(name):
    book = load.load(name)
    price = 1_000.0
    for underlying in {*book.rules.tiers.tables(), "PEPE"} - {""}:
        legs = [perpetual(notional / price, price, underlying) for notional in NOTIONALS]
        account = alone(name, *legs, price=price, name=underlying, pledge=1.0)
        got = margin(hold(account, book.rules, MODES["as_held"]), np.ones((1, 1)))
        initial, maintenance = got.initial[0, 1:], got.maintenance[0, 1:]
        assert len(initial) == len(NOTIONALS) and (maintenance > 0).all()
        assert (initial >= maintenance * (1 - 1e-12)).all(), (underlying, NOTIONALS[initial < maintenance])
        assert (np.diff(maintenance) > 0).all() and (np.diff(maintenance / NOTIONALS) >= -1e-12).all(), underlying


# What the venues publish ------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("rules", "quantity", "price", "name", "initial", "maintenance"), [
    ("binance-2021-style", 1, 264_000, "BTC", 264_000 / 50, 0.01 * 264_000 - 1_300),       # FAQ: 264,000 is in the 1 % tier
    ("binance-2021-style", -1, 500_000, "BTC", 500_000 / 50, 0.01 * 500_000 - 1_300),      # FAQ: amount 1,300 at 500,000
    ("binance-style", 710, 100_000, "BTC", 71e6 / 20, 0.025 * 71e6 - 482_000),             # brackets of 2026-09-29
    ("binance-style", 3, 90_000, "BTC", 270_000 / 150, 0.004 * 270_000),
    ("bybit-style", 10, 80_000, "BTC", 8_000 + 440, 4_000 - 100 + 440),                    # no leverage: fee on entry value
    ("deribit-style", 25, 100_000, "BTC", 53_125, 28_125),                                 # support 25944738177565
    ("deribit-style", -350, 100_000, "BTC", 1_312_500, 962_500),
    ("deribit-style", 25, 200, "SOL", 200.625, 100.625),
    ("deribit-style", 6_000, 200, "SOL", 84_000, 60_000),
    ("hyperliquid-style", 1_000, 100_000, "BTC", 100e6 / 40, 100e6 / 80),                  # margin tiers: 40x to 150 M
    ("hyperliquid-style", 2_000, 100_000, "BTC", 200e6 / 20, 150e6 / 80 + 50e6 / 40),
    ("bitget-style", 3, 110_000, "BTC", 330_000 / 100, 1_648),                             # support 12560603841952
    ("dydx-style", 1, 50_000, "BTC", 1_000, 600),                                          # large cap: 2 %, of it 60 %
    ("kraken-style", 20, 100_000, "BTC", 20_000 + 40_000, 10_000 + 20_000),                # class A: 2 % then 4 %
    ("kucoin-style", 1, 20_000, "BTC", 160, 80 + 0.0006 * 20_000),                         # support 26685810193433
    ("bitmex-style", 230, 10_000, "BTC", 0.015 * 2.3e6, 0.01 * 2.3e6),                     # risk limit examples: 230 XBT
    ("okx-style", 0.5, 100_000, "BTC", 500, 200 + 0.0005 * 50_000),
    ("okx-style", -5_000, 200, "SOL", 25_000, 10_000 + 0.0005 * 1e6),                       # tier 2: 2.5 % and 1 % of all
    ("derive-style", 7, 28_000, "BTC", 0.066 * 196_000, 0.05 * 196_000),
    ("paradex-style", -3, 90_000, "BTC", 5_400 + 0.00045 * 270_000, 2_700 + 0.00045 * 270_000),
    ("drift-style", 100, 100, "SOL", 500, 400),
    ("phemex-style", 29, 100_000, "BTC", 0.02 * 2.9e6, 5_000 + 10_000 + 13_500 + 0.0006 * 2.9e6),
])
def test_published_look_ups(rules, quantity, price, name, initial, maintenance):
    assert asked(rules, quantity, float(price), name) == pytest.approx((initial, maintenance), rel=1e-12)


@pytest.mark.parametrize(("coins", "maintenance"), [(0.4, 0.0016), (300.0, 0.125 * 300 - 11.81), (60.0, 0.05 * 60 - 1.81)])
def test_binance_coin_margined_maintenance_in_coin(coins, maintenance):
    price = 25_000.0                                                                      # FAQ ceccfcfb: 0.4 BTC asks 0.0016
    got = asked("binance-coin-style", coins * price, price, settlement="inverse")
    assert got[1] / price == pytest.approx(maintenance, rel=1e-12)


def test_bybit_charges_the_closing_fee_at_bankruptcy():
    initial, _ = asked("bybit-style", 0.5, 50_500.0, entry=50_000.0, leverage=10)
    assert initial == pytest.approx(2_525 + 12.375, rel=1e-12)                            # copy of the help centre, 2025-09


def test_htx_asks_less_maintenance_of_higher_leverage():
    at = {leverage: asked("htx-style", 18, 50_000.0, leverage=leverage) for leverage in (5, 10, 20)}
    assert at[10] == pytest.approx((90_000, 0.125 * 90_000), rel=1e-12)                   # 18,000 contracts at 10x: 12.5 %
    assert at[5][1] > at[10][1] > at[20][1]


def test_bitmex_and_bybit_classic_keep_maintenance_where_it_was_at_entry():
    for rules, rate in (("bitmex-style", 0.005), ("bybit-classic-style", 0.005)):
        assert asked(rules, 1, 12_000.0, entry=10_000.0)[1] == pytest.approx(rate * 10_000, rel=1e-12)


# Sample accounts --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", NAMES)
def test_sample_accounts_have_finite_figures_and_levels_where_the_buffer_turns(name, sample):
    book = load.load(name)
    account = read_document(SAMPLES[sample] | {"rules": name})
    modes = usable(("isolated", "cross"), account, book.rules)
    assert modes or not book.rules.options
    for mode in modes:
        head = compare(account, book, [mode.name]).modes[mode.name].head
        assert math.isfinite(head.equity) and 0 < head.maintenance_margin <= head.initial_margin * (1 + 1e-12)
        holding = hold(account, book.rules, mode)
        for (bucket, u), level in levels([holding])[0].liquidation.items():
            beta = direction(holding, [account.underlyings[u]])
            for end in (end for region in level.regions for end in region if end is not None):
                before, after = buffers(holding, bucket, beta, end / account.index[u] * np.array([1 - 1e-6, 1 + 1e-6]))
                assert before * after <= 0, (mode.name, bucket, end, before, after)
