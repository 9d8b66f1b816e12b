"""The scenario pipeline beside the exact scan of plain rules, and each switch by hand."""

import json
import math

import numpy as np
import pytest

from risk_core.margin.holding import margin
from risk_core.margin.methods.scenarios.demand import demand
from risk_core.rulebooks import load
from risk_core.valuation import black76
from tests.conftest import ROOT
from tests.core.books import DAY, YEAR, call, changed, coin, document, held, instant, perpetual, put
from tests.core.scenario_books import PLAIN, SKEW, TILTED, asked, demanded, part, pool, rows, ruled

SAMPLES = {path.name.removesuffix(".margin.json"): json.loads(path.read_text("utf-8"))
           for path in sorted((ROOT / "db/samples").glob("*.margin.json"))}
GENERATOR = np.random.default_rng(5)


# The twin ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", SAMPLES)
def test_plain_rules_are_charged_as_the_exact_scan_charges_them(name):
    """Two ways to the same figures, at present prices and at twenty others: the exact one, and the general one."""
    holding = held(changed(SAMPLES[name], rules="generic"), "portfolio")
    factors = np.vstack([np.ones(3), np.exp(GENERATOR.normal(0.0, 0.4, (20, 3)))])[:, :len(holding.account.underlyings)]
    mine = pool(changed(SAMPLES[name], rules="generic"), factors)
    exact, found = margin(holding, factors), demand(*mine, mine[1].scanned)
    size = holding.size * factors.max()
    assert np.abs(found.maintenance - exact.maintenance[:, 0]).max() <= 1e-12 * size
    without_orders = holding.rules.scanned.initial_factor * exact.maintenance[:, 0]
    assert np.abs(found.initial - without_orders).max() <= 1e-12 * size
    worst = [None if charge.scan[0] <= 0 else int(charge.worst[0]) for charge in holding.now.charges]
    assert [one.setting[0] if one.setting else None for one in demanded(changed(SAMPLES[name], rules="generic")).scenarios] \
        == worst


def test_only_plain_conventions_take_the_exact_path():
    assert load.load("generic").rules.scans
    assert not any(load.load(name).rules.scans for name in ("derive-pm1", "derive-pm2"))
    assert not load.resolve({"base": "generic", "override": {"portfolio": {"gains_share": 0.5}}}).rules.scans
    assert not load.resolve({"base": "generic", "override": {"portfolio": {"extended_rows": TILTED}}}).rules.scans


def test_a_default_in_words_is_the_default_of_the_record():
    record = load.load("generic").rules.portfolio
    for name, field in type(record).model_fields.items():
        if not field.is_required():
            said = load.meanings()[f"portfolio.{name}"]["default"]
            assert field.default == (tuple(said) if isinstance(said, list) else said), name


# Rows and volatility ----------------------------------------------------------------------------------------------

LONG = document([call(100.0, 1.0)], 0)


def value(sigma, days=30.0, forward=100.0, strike=100.0):
    return float(black76.price(forward, strike, sigma * math.sqrt(days / 365.0), True))


def test_volatility_by_points_adds_to_volatility():
    # Additive rows, Aevo: ±0 %, 60 % of volatility and 50 points up, 25 down.
    found = rows(ruled(LONG, moves=[0.0], volatility_shock="points", points_up=0.5, points_down=0.25))
    now = value(0.6)
    assert list(found.values()) == pytest.approx([value(1.1) - now, 0.0, value(0.35) - now], rel=1e-12)
    sunk = rows(ruled(LONG, moves=[0.0], volatility_shock="points", points_down=0.9))
    assert list(sunk.values())[2] == pytest.approx(-now, rel=1e-12)   # never below 0: the whole premium is lost


@pytest.mark.parametrize(("days", "percent", "points"), [(0.5, 0.4975, 0.29916666666666664), (15, 0.425, 0.275), (30, 0.35, 0.25),
                                                          (45, 0.30, 0.225), (60, 0.25, 0.2), (300, 0.25, 0.2)])
def test_volatility_by_a_table_of_days(days, percent, points):
    # OKX: at 0, 30 and 60 days 50, 35 and 25 percent, and 30, 25 and 20 points, in line between.
    steps = [{"days": d, "up": r, "down": r, "points_up": p, "points_down": p}
             for d, r, p in ((0, 0.5, 0.3), (30, 0.35, 0.25), (60, 0.25, 0.2))]
    doc = document([call(100.0, 1.0, seconds=round(days * DAY))], 0)
    both = rows(ruled(doc, moves=[0.0], volatility_shock="worse of both", volatility_scaling="table", volatility_table=steps))
    now = value(0.6, days)
    expected = [value(0.6 * (1 + percent), days), value(0.6 + points, days), now, value(0.6 * (1 - percent), days),
                value(0.6 - points, days)]
    assert list(both.values()) == pytest.approx([one - now for one in expected], rel=1e-9, abs=1e-12)


def test_the_worse_of_both_is_the_worse_charge():
    kinds = {"points_up": 0.3, "points_down": 0.3}
    for doc in (LONG, document([call(110.0, -2.0), put(95.0, 1.0)], 0)):
        alone = [asked(ruled(doc, **PLAIN, **kinds, volatility_shock=one))[1] for one in ("relative", "points")]
        assert asked(ruled(doc, **PLAIN, **kinds, volatility_shock="worse of both"))[1] == max(alone)


def test_least_volatility_counts_after_a_move_up_only():
    calm = document([call(100.0, 1.0, iv=0.1)], 0)
    found = list(rows(ruled(calm, moves=[0.0], least_volatility_up=0.4)).values())
    assert found == pytest.approx([value(0.4) - value(0.1), 0.0, value(0.075) - value(0.1)], rel=1e-12)


def test_states_of_the_grid():
    assert len(rows(ruled(LONG))) == 27
    assert len(rows(ruled(LONG, grid_states="up, down"))) == 18
    assert list(rows(ruled(LONG, grid_states="same", moves=[-0.1, 0.1]))) == [
        "−10 %, volatility unchanged", "+10 %, volatility unchanged"]
    outer = rows(ruled(LONG, outer_moves="volatility up"))
    assert len(outer) == 23 and [row for row in outer if "16 %" in row] == ["−16 %, volatility up", "+16 %, volatility up"]
    assert len(rows(changed(LONG, rules="derive-pm2"))) == 33 and len(rows(changed(LONG, rules="derive-pm1"))) == 23


def test_days_pass_in_a_row():
    # Theta of a day, OKX's second component: the option a day nearer to expiry, price and volatility as they are.
    later = [{"move": 0.0, "volatility": "same", "weight": 1.0, "days": 1.0}]
    found = rows(ruled(LONG, moves=[0.0], grid_states="same", extended_rows=later))
    assert found["±0 %, volatility unchanged, 1 day later"] == pytest.approx(value(0.6, 29.0) - value(0.6), rel=1e-12)
    over = rows(ruled(document([call(90.0, 1.0, seconds=DAY // 2)], 0), moves=[0.0], grid_states="same", extended_rows=later))
    assert over["±0 %, volatility unchanged, 1 day later"] == pytest.approx(10.0 - value(0.6, 0.5, 100.0, 90.0), rel=1e-9)


def test_skew_tilts_about_the_forward():
    doc = document([call(100.0, 1.0), call(120.0, 1.0), put(80.0, -1.0)], 0)
    tilted = ruled(doc, moves=[0.0], extended_rows=TILTED, **SKEW)
    root = math.sqrt(30 / 365)
    change = [min(0.25 - 0.1 * root, abs(math.log(k)) * (0.25 - 0.1 * root) / (4 * 0.6 * root)) for k in (1.2, 0.8)]
    up, low = value(0.6 * (1 + change[0]), strike=120.0), 0.6 * (1 - change[1])
    plain = value(0.6, strike=120.0) - value(0.6, strike=80.0)
    skewed = up - value(low, strike=80.0)           # a put and a call of one strike change alike
    assert rows(tilted)["±0 %, skew tilted"] == pytest.approx(-abs(skewed - plain), rel=1e-9)
    as_it_is = rows(ruled(doc, moves=[0.0], extended_rows=TILTED, **SKEW | {"skew_change": "as it is"}))
    assert as_it_is["±0 %, skew tilted"] == pytest.approx(skewed - plain, rel=1e-9)
    wings = up - value(0.6 * (1 + change[1]), strike=80.0)
    assert as_it_is["±0 %, wings lifted"] == pytest.approx(wings - plain, rel=1e-9)


# Profit -----------------------------------------------------------------------------------------------------------

def test_futures_move_from_their_mark_or_from_the_index():
    # OKX shocks the index and keeps the basis: 2 units at 100 lose 16 % of 200, whatever their mark.
    doc = document([perpetual(2.0, 100.0, mark_price=103.0)], 0)
    assert asked(ruled(doc, **PLAIN))[1] == pytest.approx(0.16 * 206.0, rel=1e-12)
    assert asked(ruled(doc, **PLAIN, linear_base="index"))[1] == pytest.approx(0.16 * 200.0, rel=1e-12)


def test_profit_in_coin_is_concave_in_the_move():
    # Deribit, recorded 17 June 2024: 0.314538364 BTC of delta makes −0.05991206933 BTC at −16 %, 0.04338460193 at +16 %.
    delta, price = 0.314538364, 65_666.19
    doc = document([perpetual(delta * price, price, settlement="inverse")], 0, {"BTC": {"price": price, "volatility": 0.5}})
    found = {move: made / price for move, made in rows(ruled(doc, profit_in="coin", grid_states="same")).items()}
    assert found["−16 %, volatility unchanged"] == pytest.approx(-0.05991206933, abs=2e-9)
    assert found["+16 %, volatility unchanged"] == pytest.approx(0.04338460193, abs=2e-9)
    option = document([call(100.0, 1.0, settlement="inverse")], 0)
    coined = rows(ruled(option, profit_in="coin", grid_states="same", moves=[-0.16, 0.16]))
    assert list(coined.values()) == pytest.approx(
        [100 * (value(0.6, forward=moved) / moved - value(0.6) / 100) for moved in (84.0, 116.0)], rel=1e-12)


def test_the_settlement_average_has_fixed_part_of_a_forward():
    # Derive: 15 minutes before expiry half of the forward no longer moves, or what the feed says is fixed.
    legs = [call(90.0, 1.0, seconds=900)]
    half = rows(ruled(document(legs, 0), moves=[0.1], grid_states="same", settlement_minutes=30.0))
    assert list(half.values()) == pytest.approx([5.0], rel=1e-6)
    market = {"BTC": {"price": 100.0, "volatility": 0.6,
                      "forwards": [{"expiry": instant(900), "price": 100.0, "fixed_share": 0.8}]}}
    told = rows(ruled(document(legs, 0, market), moves=[0.1], grid_states="same", settlement_minutes=30.0))
    assert list(told.values()) == pytest.approx([2.0], rel=1e-6)
    early = document([call(90.0, 1.0, seconds=3600)], 0)
    assert rows(ruled(early, settlement_minutes=30.0)) == pytest.approx(rows(ruled(early)))


def test_options_in_the_rows_with_and_without_discount():
    market = {"BTC": {"price": 100.0, "volatility": 0.6, "forwards": [{"expiry": instant(YEAR), "price": 100.0, "rate": 0.1}]}}
    doc = document([call(100.0, 1.0, seconds=YEAR)], 0, market)
    with_, without = (list(rows(ruled(doc, option_discount=how)).values()) for how in ("as valued", "none"))
    assert with_ == pytest.approx([math.exp(-0.1) * one for one in without], rel=1e-12)


# Transforms -------------------------------------------------------------------------------------------------------

def test_the_value_of_an_expiry_counts_with_a_factor_by_its_sign():
    # A long call counts 98 % of its value in the row without a move, faded at 10 % a year; a short one 102 %.
    for quantity, factor, key in ((1.0, 0.98 * math.exp(-0.1 * 30 / 365), "positive"), (-1.0, 1.02, "negative")):
        doc = ruled(document([call(100.0, quantity)], 0), moves=[0.0], grid_states="same",
                    **{f"{key}_factor": 0.98 if quantity > 0 else 1.02, f"{key}_rate_added": 0.1})
        bound = 1.0 if quantity < 0 else factor      # never beyond 1 ÷ the discount factor, which is 1 here
        assert list(rows(doc).values()) == pytest.approx([quantity * value(0.6) * (bound - 1.0)], abs=1e-12)


def test_extended_rows_at_the_edge():
    """Deribit: a book without options makes in every extended row what it makes at the edge of the grid."""
    far = [{"move": move, "volatility": "up", "weight": 1.0} for move in (-0.66, -0.33, 0.5, 1.0, 5.0)]
    for how, legs in (("coin", [perpetual(1000.0, 100.0, settlement="inverse")]), ("dollars", [perpetual(-3.0, 100.0)])):
        found = list(rows(ruled(document(legs, 0), profit_in=how, extended_scale="edge", extended_rows=far)).values())
        assert found[27:] == pytest.approx([found[0]] * 2 + [found[26]] * 3, rel=1e-12)
    damped = ruled(document([perpetual(-3.0, 100.0)], 0), extended_scale="edge", extended_rows=far, extended_dampener=1.5)
    assert list(rows(damped).values())[29:] == pytest.approx([-48 + 1.5 * (0.5 / 0.16 - 1), -48 + 1.5 * (1 / 0.16 - 1),
                                                              -48 + 1.5 * (5 / 0.16 - 1)], rel=1e-12)


def test_gains_of_one_underlying_against_losses_of_another():
    # Deribit's offset: long 1 at 100 and short 2 at 50 lose nothing together; a gain counts 60 % of itself, at most 5.
    market = {name: {"price": price} for name, price in (("BTC", 100.0), ("ETH", 50.0))}
    doc = document([perpetual(1.0, 100.0), perpetual(-2.0, 50.0, underlying="ETH")], 0, market)
    together = PLAIN | {"underlyings": "together"}
    assert asked(ruled(doc, **PLAIN))[1] == pytest.approx(32.0, rel=1e-12)
    for more, expected in (({}, 0.0), ({"gains_share": 0.6}, 6.4), ({"gains_share": 0.0}, 16.0), ({"gains_cap": 5.0}, 11.0)):
        assert asked(ruled(doc, **together, **more))[1] == pytest.approx(expected, abs=1e-12)


def test_basis_competes_with_the_rows():
    # Derive: ±4.5 % of each expiry by itself, times 0.5 + 2 T. A calendar of deep calls has nothing else to lose.
    legs = [call(1.0, 10.0, seconds=30 * DAY), call(1.0, -10.0, seconds=YEAR)]
    doc = ruled(document(legs, 0), **PLAIN, basis_moves=[-0.045, 0.045], basis_rate=0.5, basis_rate_per_year=2.0)
    assert asked(doc)[1] == pytest.approx(45.0 * (0.5 + 2 * 30 / 365) + 45.0 * 2.5, rel=1e-9)
    assert demanded(doc).worst == "Worst scenario: BTC basis between expiries."
    assert asked(ruled(document(legs, 0), **PLAIN, basis_moves=[-0.045, 0.045], basis_rate=0.0))[1] == pytest.approx(0, abs=1e-6)


def test_collateral_in_the_rows():
    # 1 BTC against 1 short perpetual: nothing moves. Alone it loses 16 %, as a long one would.
    moving = {"risk_cancelling": [{"asset": "BTC", "underlying": "BTC"}]}
    short = document([perpetual(-1.0, 100.0)], [coin("BTC", 1.0)])
    assert asked(ruled(short, **PLAIN))[1] == 16.0 and asked(ruled(short, **PLAIN, **moving))[1] == 0.0
    assert asked(ruled(document((), [coin("BTC", 1.0)]), **PLAIN, **moving)) == pytest.approx((20.0, 16.0))
    staked = document([perpetual(-1.0, 100.0)], [coin("stBTC", 0.8)], assets={"stBTC": 125.0})
    like = {"risk_cancelling": [{"asset": "stBTC", "underlying": "BTC"}]}
    assert asked(ruled(staked, **PLAIN, **like))[1] == 0.0
    assert part(ruled(staked, **PLAIN, **like, cancelling_rate=0.03), "cancelling_rate") == pytest.approx(3.0)
    at_index = {"risk_cancelling": [like["risk_cancelling"][0] | {"charged_on": "index"}]}
    assert part(ruled(staked, **PLAIN, **at_index, cancelling_rate=0.03), "cancelling_rate") == pytest.approx(2.4)
