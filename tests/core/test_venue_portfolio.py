"""Portfolio rulebooks of venues and clearing houses: sourced data, figures their documents print, sound on sample accounts."""

import json
from datetime import date

import numpy as np
import pytest

from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.conftest import ROOT
from tests.core.books import DAY, call, coin, document, future, initial, maintenance, perpetual, put, result

NAMES = ("deribit-pm", "okx-pm", "paradex-pm", "bybit-options", "dederi", "bit-pm", "aevo", "span", "tims")
SAMPLES = {path.name.split(".")[0]: json.loads(path.read_text("utf-8"))
           for path in sorted((ROOT / "db/samples").glob("*.margin.json")) if path.name[:2] in {"01", "05", "08", "11", "14"}}


def asked(name, legs, collateral=1e7, market=None, **more):
    doc = document(legs, collateral, market or {"BTC": {"price": 100_000.0, "volatility": 0.6}}, name, **more)
    return initial(doc, "portfolio"), maintenance(doc, "portfolio")


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_source_and_date_and_the_book_its_limits(name):
    book = load.load(name)
    assert "style" in book.title and len(book.limits) >= 5 and all(line.endswith(".") for line in book.limits)
    for key, one in book.parameters.items():
        assert one.source.strip() and date(2017, 1, 1) <= one.date <= date(2026, 11, 21), key


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_figures_of_samples_are_finite_and_their_parts_add_up(name, sample):
    account, rules = read_document(SAMPLES[sample]), load.load(name).rules
    holding = hold(account, rules, MODES["portfolio"])
    factors = np.concatenate([np.ones((1, len(account.underlyings))), np.exp(np.random.default_rng(7).normal(0, 0.5, (12, len(account.underlyings))))])
    at = margin(holding, factors)
    assert np.isfinite(at.initial).all() and (at.maintenance >= 0).all() and (at.initial >= at.maintenance * (1 - 1e-12)).all()
    assert at.demand.maintenance == pytest.approx(at.maintenance[:, 0], rel=1e-12)
    alone = [float(margin(holding, one[None]).maintenance[0, 0]) for one in factors[:4]]
    assert alone == pytest.approx(at.maintenance[:4, 0].tolist(), rel=1e-9)


def test_deribit_asks_the_worst_bucket_in_coin_and_a_roll_shock():
    """Long 1 BTC of face: 0.16 ÷ 0.84 of it at −16 %, and 1 % of delta; maintenance is 80 %."""
    found = asked("deribit-pm", [perpetual(100_000.0, 100_000.0, settlement="inverse")], [coin("BTC", 1.0)])
    whole = 100_000.0 * (0.16 / 0.84 + 0.01)
    assert found == pytest.approx((whole, 0.8 * whole))


def test_deribit_rolls_each_expiry_by_itself():
    legs = [perpetual(1.0, 100_000.0, mark_price=100_000.0), future(-1.0, 100_000.0, seconds=365 * DAY, mark_price=100_000.0)]
    whole = 100_000.0 * (0.01 + np.expm1(0.075))
    assert asked("deribit-pm", legs) == pytest.approx((whole, 0.8 * whole))


def test_okx_adds_the_basis_and_asks_at_least_the_minimum():
    legs = [perpetual(-0.1, 97_000.0, mark_price=97_100.0)]
    found = asked("okx-pm", legs, market={"BTC": {"price": 97_000.0}})
    whole = 0.12 * 9_700.0 + 0.002 * 9_710.0
    assert found == pytest.approx((1.3 * whole, whole))
    hedged = [perpetual(10.0, 1e5, mark_price=1e5), future(-10.0, 1e5, seconds=DAY, mark_price=1e5)]
    least, basis = 0.0045 * 2e6, 0.002 * 2e6
    assert asked("okx-pm", hedged) == pytest.approx((1.3 * max(least, basis), max(least, basis)))


def test_okx_counts_a_day_passing_and_what_is_owed():
    found = asked("okx-pm", [], [coin("USDT", -1_000.0), coin("USD", 5_000.0)], assets={"USDT": 0.999})
    assert found == pytest.approx((99.9, 19.98))
    rows = result(document([call(100_000.0, 1.0)], 1e5, {"BTC": {"price": 1e5, "volatility": 0.6}}, "okx-pm"), "portfolio")
    assert rows.head.maintenance_margin > 0


def test_paradex_asks_a_share_of_hedged_delta_where_scenarios_ask_nothing():
    legs = [perpetual(1.0, 100_000.0), future(-1.0, 100_000.0, mark_price=100_000.0)]
    fees = 200_000.0 * 0.00045
    assert asked("paradex-pm", legs) == pytest.approx((1_000.0 + fees, 500.0 + fees))
    funded = {"BTC": {"price": 100_000.0, "funding_8h": 0.0001}}
    assert asked("paradex-pm", legs, market=funded)[0] == pytest.approx(1_000.0 + fees + 10.0)


def test_what_the_account_does_not_say_is_named():
    legs = [perpetual(1.0, 100_000.0)]
    doc = document(legs, 1e6, {"BTC": {"price": 100_000.0}}, "paradex-pm")
    assert "market.underlyings.BTC.funding_8h is not given" in result(doc, "portfolio").worst
    stated = document(legs, 1e6, {"BTC": {"price": 100_000.0, "funding_8h": 0.0}}, "paradex-pm")
    assert "not given" not in result(stated, "portfolio").worst


def test_dederi_charges_the_contingency_of_futures_on_the_index():
    legs = [future(10.0, 2_253.2, "ETH", seconds=20 * DAY, mark_price=2_253.2)]
    found = asked("dederi", legs, market={"ETH": {"price": 2_243.3}})
    assert found[1] == pytest.approx(0.15 * 22_532.0 + 134.598)


def test_volatility_by_points_is_the_same_for_every_expiry_at_aevo_and_scaled_at_bit():
    near, far = [put(100_000.0, -1.0, seconds=7 * DAY)], [put(100_000.0, -1.0, seconds=120 * DAY)]
    matrix = {name: load.load(name).rules.portfolio for name in ("aevo", "bit-pm")}
    assert matrix["aevo"].short_power == matrix["aevo"].long_power == 0.0 < matrix["bit-pm"].short_power
    for name in ("aevo", "bit-pm"):
        assert asked(name, near)[1] > 0.1 * 100_000.0 and asked(name, far)[1] > 0.1 * 100_000.0


def test_span_counts_extreme_moves_in_part_and_asks_a_minimum_of_short_options():
    assert asked("span", [perpetual(1.0, 100_000.0)])[1] == pytest.approx(15_000.0)
    far = [call(1_000_000.0, -1.0, seconds=DAY)]
    assert asked("span", far)[1] == pytest.approx(0.005 * 100_000.0)
    spread = [perpetual(1.0, 100_000.0), future(-1.0, 100_000.0, mark_price=100_000.0)]
    assert asked("span", spread)[1] == pytest.approx(1_500.0)


def test_tims_has_ten_points_and_a_minimum_per_contract():
    rules = load.load("tims").rules
    assert len(rules.portfolio.moves) == 10 and 0.0 not in rules.portfolio.moves
    assert asked("tims", [call(1_000_000.0, 3.0, seconds=DAY), put(1_000.0, -2.0, seconds=DAY)])[1] == pytest.approx(5 * 0.375)
