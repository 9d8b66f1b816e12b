"""Portfolio margin by joint moves: rulebooks, history, what stands in for it, laws on books, and a slow twin."""

import copy
import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.errors import Refused
from risk_core.margin.holding import whole_pool
from risk_core.margin.methods import choose
from risk_core.margin.methods.demand import Pool
from risk_core.margin.methods.history import charge, moves
from risk_core.margin.methods.history.column import Column
from risk_core.margin.methods.history.revaluation import profits, unit_profit
from risk_core.market_history.daily import daily, stress
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.core.books import (
    DAY,
    call,
    cash,
    changed,
    close,
    coin,
    document,
    future,
    held,
    initial,
    maintenance,
    perpetual,
    put,
    result,
    scale,
    times,
    with_legs,
)

NAMES = ("historical-var", "filtered-var", "expected-shortfall", "stress-weighted-var")
MARKET = {"BTC": {"price": 60_000.0, "volatility": 0.6, "daily_volatility": 0.025},
          "ETH": {"price": 2_500.0, "volatility": 0.7, "daily_volatility": 0.035},
          "SOL": {"price": 150.0, "volatility": 0.9, "daily_volatility": 0.045},
          "DOGE": {"price": 0.2, "daily_volatility": 0.05}, "PEPE": {"price": 1e-5, "daily_volatility": 0.06}}


def rules(base="historical-var", **changes):
    return {"base": base, "override": {"history": changes}} if changes else base


def book(*legs, base="historical-var", correlation=None, **changes):
    names = sorted({leg["underlying"] for leg in legs})
    more = {"correlation": correlation} if correlation else {}
    return document(legs, [cash(1e7)], {name: MARKET[name] for name in names} or {"BTC": MARKET["BTC"]},
                    rules(base, **changes), **more)


def asked(doc):
    """The demand of the account's pool now."""
    holding = held(doc, "portfolio")
    return choose.demand(whole_pool(holding.account, holding.nets, np.ones((1, len(holding.account.underlyings)))), holding.rules)


def joint(doc):
    account = read_document(doc)
    return moves.joint(account, load.resolve(account.rules).rules.history)


LONG = perpetual(1.0, 60_000.0)
PAIR = (LONG, perpetual(-20.0, 2_500.0, "ETH"))
OPTIONS = (call(66_000.0, -3.0), put(54_000.0, -2.0, seconds=9 * DAY), call(2_800.0, 40.0, underlying="ETH", settlement="inverse"),
           future(-1.0, 61_000.0), perpetual(-20_000.0, 60_000.0, settlement="inverse"))


# Data -------------------------------------------------------------------------------------------------------------

def test_the_series_has_every_day_and_plausible_moves():
    days = [date.fromisoformat(day) for day in daily().dates]
    assert all(after - before == timedelta(days=1) for before, after in zip(days, days[1:]))
    assert days[-1] == date(2026, 1, 19) and daily().names[0] == "BTC"
    for name in daily().names:
        column = daily().of(name)
        first = np.flatnonzero(np.isfinite(column))[0]
        assert np.isfinite(column[first:]).all() and len(column) - first >= 729
        assert 0.02 < column[first:].std() < 0.06 and np.abs(column[first:]).max() < 0.55


def test_stress_days_agree_with_the_series_where_both_have_them():
    table, checked = daily(), 0
    for row, day in enumerate(stress().dates):
        for name in table.names:
            ours, told = table.of(name)[table.dates.index(day)], stress().of(name)[row]
            if np.isfinite(ours):
                assert told == pytest.approx(ours, abs=5.1e-5), (day, name)
                checked += 1
    assert checked >= 14 and (np.nan_to_num(stress().log) <= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_rulebooks_charge_a_long_as_much_as_a_bad_day(name):
    doc = book(LONG, base=name)
    got = result(doc, "portfolio")
    assert 0.03 * 60_000 < got.head.maintenance_margin <= got.head.initial_margin < 0.2 * 60_000
    assert len(load.load(name).limits) >= 5


def test_the_fifth_worst_of_500_days():
    log = np.sort(daily().of("BTC")[-500:])
    want = -60_000.0 * np.expm1(log)
    assert maintenance(book(LONG), "portfolio") == pytest.approx(want[4], rel=1e-12)
    assert initial(book(LONG), "portfolio") == pytest.approx(want[2], rel=1e-12)
    days = dict(zip(daily().dates, daily().of("BTC"), strict=True))
    assert days[asked(book(LONG)).scenarios[0].words[asked(book(LONG)).scenarios[0].setting[0]][:10]] == log[4]


def test_a_filtered_return_is_scaled_to_the_volatility_of_the_market():
    quiet, wild = (changed(book(LONG, base="filtered-var"), market={"underlyings": {"BTC": MARKET["BTC"] | {"daily_volatility": v}}})
                   for v in (0.01, 0.04))
    small, large = (np.log1p(joint(doc).relative[:, 0]) for doc in (quiet, wild))
    assert np.allclose(large, 4.0 * small, rtol=1e-9, atol=1e-12)
    assert maintenance(wild, "portfolio") > 2.5 * maintenance(quiet, "portfolio")


def test_filters_forecast_by_themselves_too():
    figures = {kind: maintenance(book(LONG, filter=kind), "portfolio") for kind in ("none", "EWMA", "GARCH(1,1)")}
    assert len(set(figures.values())) == 3 and all(0.02 < figure / 60_000 < 0.15 for figure in figures.values())


# What stands in for history ---------------------------------------------------------------------------------------

def test_a_coin_without_history_is_refused_by_name_or_moved_by_its_beta_and_that_is_said():
    doge, pepe = perpetual(1_000.0, 0.2, "DOGE"), perpetual(1e9, 1e-5, "PEPE")
    moved = asked(book(LONG, doge))
    assert any("DOGE has no daily history: moved by 1.72 × BTC" in note for note in moved.notes)
    assert "DOGE has no daily history" in result(book(LONG, doge), "portfolio").worst
    for doc, name in ((book(LONG, pepe), "PEPE"), (book(LONG, doge, missing="refuse"), "DOGE")):
        with pytest.raises(Refused, match=f"no daily history of {name}"):
            held(doc, "portfolio")
    assert not asked(book(*PAIR)).notes


def test_a_proxy_moves_with_its_beta_and_its_own_noise():
    found = np.log1p(joint(book(LONG, perpetual(1_000.0, 0.2, "DOGE"))).relative)
    btc, doge = found.T
    assert np.std(doge - 1.72 * btc) == pytest.approx(0.0307, rel=0.1)
    alone = np.log1p(joint(book(perpetual(1_000.0, 0.2, "DOGE"))).relative[:, 0])
    assert np.array_equal(alone, doge)


def test_without_history_all_may_be_simulated_from_the_market():
    doc = book(LONG, perpetual(1e9, 1e-5, "PEPE"), missing="simulate", draws=20_000, correlation={"BTC/PEPE": 0.6})
    assert asked(doc).notes[0].startswith("No daily history of PEPE: 20,000 simulated joint moves of BTC, PEPE")
    log = np.log1p(joint(doc).relative)
    assert np.allclose(log.std(axis=0), [0.025, 0.06], rtol=0.05) and np.corrcoef(log.T)[0, 1] == pytest.approx(0.6, abs=0.05)
    assert np.allclose(log.mean(axis=0), 0.0, atol=1e-9)


@pytest.mark.parametrize("degrees", [4.0, 1e6])
def test_a_simulated_tail_is_that_of_its_law(degrees):
    from scipy.stats import norm, t

    doc = book(LONG, moves="simulated", draws=20_000, degrees=degrees)
    quantile = norm.ppf(0.99) if degrees > 100 else t.ppf(0.99, degrees) / math.sqrt(degrees / (degrees - 2.0))
    assert maintenance(doc, "portfolio") == pytest.approx(-60_000 * math.expm1(-0.025 * quantile), rel=0.06)


def test_a_correlation_matrix_that_contradicts_itself_is_repaired_and_that_is_said():
    legs = [LONG, perpetual(10.0, 2_500.0, "ETH"), perpetual(100.0, 150.0, "SOL")]
    pairs = {"BTC/ETH": 0.9, "BTC/SOL": 0.9, "ETH/SOL": -0.9}
    told = result(book(*legs, moves="simulated", correlation=pairs), "portfolio").worst
    assert "not positive semidefinite" in told and "largest change of an entry 0.4, Frobenius norm 0.98" in told
    assert "positive semidefinite" not in result(book(*legs, moves="simulated", correlation=pairs | {"ETH/SOL": 0.8}), "portfolio").worst


def test_no_volatility_in_the_market_is_said_by_name():
    doc = changed(book(LONG, base="filtered-var"), market={"underlyings": {"BTC": {"price": 60_000.0}}})
    with pytest.raises(Refused, match="no volatility of BTC"):
        held(doc, "portfolio")


def test_fewer_days_than_asked_are_said():
    assert any("Only 729 days" in note for note in asked(book(LONG, perpetual(1.0, 150.0, "SOL"), window=2000)).notes)


# Stress rows ------------------------------------------------------------------------------------------------------

def test_stress_days_have_their_own_probability_and_the_days_share_the_rest():
    found = joint(book(*PAIR, base="stress-weighted-var"))
    assert math.isclose(found.weight.sum(), 1.0) and np.allclose(found.weight[:500], 0.99 / 500)
    assert found.names[-6:][0] == "stress 2020-03-12" and np.allclose(found.relative[-6], np.expm1([-0.5026, -0.5913]))
    assert not asked(book(*PAIR, base="stress-weighted-var")).notes


def test_a_stress_day_without_a_move_of_a_coin_takes_its_beta_and_says_so():
    sol = perpetual(100.0, 150.0, "SOL")
    doc = book(sol, base="stress-weighted-var")
    assert np.isclose(joint(doc).relative[-6, 0], np.expm1(1.44 * -0.5026))
    assert "SOL has no move on stress day 2020-03-12: moved by its beta to BTC." in asked(doc).notes
    with pytest.raises(Refused, match="stress day 2020-03-12 has no move of SOL"):
        held(book(sol, base="stress-weighted-var", missing="refuse"), "portfolio")
    with pytest.raises(Refused, match="2019-01-01 is not a stress day"):
        held(book(sol, stress_rows=[{"day": "2019-01-01", "probability": 0.1}]), "portfolio")


def test_one_move_of_everything_is_a_stress_row():
    doc = book(*PAIR, stress_rows=[{"move": -0.4, "probability": 0.02}])
    assert np.array_equal(joint(doc).relative[-1], [-0.4, -0.4])
    assert maintenance(book(LONG, stress_rows=[{"move": -0.4, "probability": 0.02}]), "portfolio") == pytest.approx(24_000)


# Laws on books ----------------------------------------------------------------------------------------------------

sizes = st.sampled_from((-5.0, -1.0, -0.3, 0.2, 1.0, 4.0))


@st.composite
def books(draw, most=4):
    legs = []
    for _ in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(("BTC", "ETH", "SOL")))
        price, size = MARKET[name]["price"], draw(sizes)
        days = draw(st.sampled_from((0.2, 3, 30, 200)))
        kind = draw(st.sampled_from((perpetual, future, call, put)))
        if kind in (call, put):
            legs.append(kind(price * draw(st.sampled_from((0.7, 0.95, 1.0, 1.1))), size, underlying=name, seconds=round(days * DAY)))
        else:
            legs.append(kind(size, price, name))
    return [leg | {"quantity": leg["quantity"] * 60_000 / MARKET[leg["underlying"]]["price"]} for leg in legs]


@given(one=books(), other=books(), name=st.sampled_from(NAMES))
def test_S1_expected_shortfall_of_books_is_subadditive_and_value_at_risk_need_not_be(one, other, name):
    anchor = [perpetual(1e-9, MARKET[u]["price"], u) for u in ("BTC", "ETH", "SOL")]
    figures = [maintenance(with_legs(book(*anchor, base=name), [*anchor, *legs]), "portfolio")
               for legs in (one, other, one + other)]
    assert all(math.isfinite(figure) and figure >= 0 for figure in figures)
    if name == "expected-shortfall":
        assert figures[2] <= figures[0] + figures[1] + 1e-9 * sum(figures) + 1e-6


@given(legs=books(), k=st.floats(0.01, 100.0), name=st.sampled_from(NAMES))
def test_S2_R2_homogeneous_and_S5_perfectly_offset(legs, k, name):
    doc = book(*legs, base=name)
    assert close(maintenance(times(doc, k), "portfolio"), k * maintenance(doc, "portfolio"), 1e-11 * scale(times(doc, k)))
    against = [leg | {"quantity": -leg["quantity"]} for leg in legs]
    assert close(maintenance(with_legs(doc, legs + against), "portfolio"), 0.0, 1e-9)


@given(legs=books(), name=st.sampled_from(NAMES), side=st.sampled_from(("up", "down")))
def test_R6_monotone_in_the_level_and_parts_add_up(legs, name, side):
    doc = book(*legs, base=name)
    base = load.load(name).rules.history.maintenance_level
    level = min(base + 0.004, 0.995) if side == "up" else 0.5 * base
    other = maintenance(changed(doc, rules=rules(name, maintenance_level=min(level, load.load(name).rules.history.initial_level))), "portfolio")
    now = maintenance(doc, "portfolio")
    assert (other >= now - 1e-9) if side == "up" else (other <= now + 1e-9)
    found = asked(doc)
    assert close(sum(float(part.maintenance[0]) for part in found.parts), now, 1e-9 * scale(doc))
    assert all(part.is_core for part in found.parts) and now <= initial(doc, "portfolio") + 1e-9


@given(legs=books(), name=st.sampled_from(NAMES))
def test_A3_any_order_of_legs_and_S7_cash(legs, name):
    doc = book(*legs, base=name)
    turned = with_legs(doc, legs[::-1])
    assert maintenance(turned, "portfolio") == maintenance(doc, "portfolio")
    assert maintenance(changed(doc, collateral=[cash(5.0)]), "portfolio") == maintenance(doc, "portfolio")


@given(legs=books(), name=st.sampled_from(NAMES))
def test_S10_the_rows_that_set_it_give_it(legs, name):
    found = asked(book(*legs, base=name))
    table, own = found.scenarios[0], load.load(name).rules.history
    loss = -table.profit[list(table.setting)]
    assert (np.diff(loss) <= 0).all() and len(table.words) == len(table.profit)
    if own.measure == "value at risk":
        assert len(loss) == 1 and close(max(loss[0], 0.0), float(found.maintenance[0]), 1e-9 * (1 + abs(loss[0])))
    else:
        assert len(loss) == 13 and loss.mean() <= found.maintenance[0] + 1e-9 * (1 + abs(loss).max())


def test_states_of_one_call_are_the_states_one_by_one_and_in_blocks(monkeypatch):
    doc = book(*OPTIONS)
    holding = held(doc, "portfolio")
    factors = np.array([[1.0, 1.0], [0.8, 1.0], [1.0, 1.3], [0.8, 1.3], [0.8, 1.0]])
    pool = whole_pool(holding.account, holding.nets, factors)
    object.__setattr__(pool, "quantity", pool.quantity * np.array([1.0, 2.0, 0.0, -1.0, 1.0])[:, None])
    together = choose.demand(pool, holding.rules).maintenance
    for s in range(5):
        one = whole_pool(holding.account, holding.nets, factors[s:s + 1])
        object.__setattr__(one, "quantity", pool.quantity[s:s + 1])
        assert np.isclose(choose.demand(one, holding.rules).maintenance[0], together[s], rtol=1e-12)
    assert together[2] == 0.0
    monkeypatch.setattr(charge, "AT_ONCE", 1_000)
    assert np.allclose(choose.demand(pool, holding.rules).maintenance, together, rtol=1e-12)


# Slow twin --------------------------------------------------------------------------------------------------------

def black(F, K, v, is_call):
    d1 = (math.log(F / K) + v * v / 2) / v
    phi = lambda x: 0.5 * math.erfc(-x / math.sqrt(2))
    value = F * phi(d1) - K * phi(d1 - v)
    return value if is_call else value - F + K


def slow_losses(doc, beta=0.0, held_coins=0.0):
    """Losses of the historical-var rulebook day by day, from the data file and the account file alone."""
    names = sorted({leg["underlying"] for leg in doc["positions"]})
    days = [i for i in range(len(daily().dates)) if all(np.isfinite(daily().of(name)[i]) for name in names)][-500:]
    for i in days:
        loss = 0.0
        for leg in doc["positions"]:
            name, S = leg["underlying"], doc["market"]["underlyings"][leg["underlying"]]["price"]
            x = math.expm1(daily().of(name)[i])
            inverse = leg["settlement"] == "inverse"
            if leg["kind"] == "option":
                sigma = doc["market"]["underlyings"][name]["volatility"]
                seconds = (np.datetime64(leg["expiry"].rstrip("Z")) - np.datetime64(doc["as_of"].rstrip("Z"))).astype("timedelta64[s]")
                v = sigma * math.sqrt(seconds.astype(int) / 31_536_000)
                then = black(S * (1 + x), leg["strike"], v * max(1 + beta * x, 0.0), leg["type"] == "call")
                loss -= leg["quantity"] * (then - black(S, leg["strike"], v, leg["type"] == "call"))
            else:
                loss -= leg["quantity"] * x * (1.0 if inverse else S)
        yield loss - held_coins * doc["market"]["underlyings"]["BTC"]["price"] * math.expm1(daily().of("BTC")[i])


@pytest.mark.parametrize(("changes", "beta", "coins"), [({}, 0.0, 0.0), ({"volatility_beta": -2.0}, -2.0, 0.0),
                                                         ({"collateral": "moves too"}, 0.0, 2.0)])
def test_the_slow_twin_finds_the_same(changes, beta, coins):
    doc = book(*OPTIONS, **changes)
    doc["collateral"].append(coin("BTC", 2.0))
    losses = sorted(slow_losses(doc, beta, coins), reverse=True)
    found = asked(doc)
    assert found.maintenance[0] == pytest.approx(losses[4], rel=1e-10) and found.initial[0] == pytest.approx(losses[2], rel=1e-10)


def test_horizons_are_roots_of_time_or_sums_of_days():
    log = daily().of("BTC")[-500:]
    assert np.allclose(np.log1p(joint(book(LONG, horizon=4.0)).relative[:, 0]), 2.0 * log)
    sums = np.array([log[i:i + 4].sum() for i in range(497)])
    found = joint(book(LONG, horizon=4.0, horizon_scaling="overlapping windows"))
    assert np.allclose(np.log1p(found.relative[:, 0]), sums) and found.names[0] == daily().dates[-497]


# E4: every parameter bites ----------------------------------------------------------------------------------------

BITES = {
    "moves": "simulated", "window": 100, "horizon": 10.0, "age_decay": 0.97, "filter": "EWMA", "volatility_beta": -3.0,
    "measure": "expected shortfall", "quantile_rule": "lower", "initial_level": 0.999, "initial_factor": 1.5,
    "maintenance_level": 0.9, "maintenance_factor": 0.5, "stress_rows": [{"day": "2021-05-19", "probability": 0.02}],
    "collateral": "moves too",
    # key: value with what it needs to bite
    "horizon_scaling": ("overlapping windows", {"horizon": 5.0}), "ewma_decay": (0.7, {"filter": "EWMA"}),
    "volatility_floor": (3.0, {"filter": "EWMA"}), "volatility_now": ("market", {"filter": "EWMA"}),
    "es_rule": ("beyond the VaR row", {"measure": "expected shortfall"}), "draws": (300, {"moves": "simulated"}),
    "seed": (7, {"moves": "simulated"}), "degrees": (3.0, {"moves": "simulated"}),
    "betas": ([{"underlying": "DOGE", "beta": 3.0, "residual": 0.0}], {}), "proxy": ("ETH", {}), "missing": ("simulate", {}),
}


@pytest.mark.parametrize("key", sorted(BITES))
def test_E4_every_parameter_moves_a_figure(key):
    value, needed = BITES[key] if isinstance(BITES[key], tuple) else (BITES[key], {})
    legs = [*OPTIONS, perpetual(100_000.0, 0.2, "DOGE")]
    docs = [book(*legs, **changes) for changes in (needed, needed | {key: copy.deepcopy(value)})]
    for doc in docs:
        doc["collateral"].append(coin("BTC", 3.0))
    before, after = ((initial(doc, "portfolio"), maintenance(doc, "portfolio")) for doc in docs)
    assert before != after


def test_E4_every_parameter_is_there():
    assert {f"history.{key}" for key in BITES} == {key for key in load.meanings() if key.startswith("history.")}


@pytest.mark.parametrize("changes", [
    {"maintenance_level": 0.999}, {"initial_factor": 0.5}, {"initial_level": 1.0}, {"window": 1}, {"window": 10.5}, {"horizon": 0},
    {"horizon": 1.5, "horizon_scaling": "overlapping windows"}, {"degrees": 2.0}, {"age_decay": 0.0}, {"draws": 20_001}, {"quantile_rule": "mean"},
    {"stress_rows": [{"probability": 0.6}, {"probability": 0.6}]}, {"volatility_floor": -1.0}, {"ewma_decay": 1.0},
])
def test_values_that_are_not_sound_are_refused(changes):
    with pytest.raises(Refused):
        load.resolve(rules(**changes))


@pytest.mark.parametrize("changes", [
    {"window": 2}, {"window": 100_000}, {"horizon": 365.0}, {"horizon": 365.0, "horizon_scaling": "overlapping windows"},
    {"age_decay": 0.5}, {"filter": "EWMA", "ewma_decay": 0.0}, {"filter": "EWMA", "volatility_floor": 100.0},
    {"volatility_beta": 20.0}, {"volatility_beta": -20.0}, {"maintenance_level": 0.0}, {"initial_level": 0.999999},
    {"moves": "simulated", "draws": 2}, {"moves": "simulated", "draws": 20_000}, {"initial_factor": 0.0, "maintenance_factor": 0.0},
    {"stress_rows": [{"move": -0.99, "probability": 1.0}]},
])
def test_extremes_give_finite_figures_in_order(changes):
    doc = book(*OPTIONS, **changes)
    low, high = maintenance(doc, "portfolio"), initial(doc, "portfolio")
    assert math.isfinite(high) and 0.0 <= low <= high + 1e-9


def test_nothing_held_asks_nothing():
    assert maintenance(book(), "portfolio") == 0.0
    assert "Nothing is held" in result(book(), "portfolio").worst


@pytest.mark.parametrize("volatility", [0.02, 0.2, 0.6, 3.0])
@pytest.mark.parametrize("half", [0.05, 0.3, 0.9])
def test_values_at_nodes_give_those_at_every_move(volatility, half):
    """An option valued at every move, and by nodes where it is smooth enough for them: the same to rounding."""
    doc = book(call(66_000.0, 1.0, seconds=20 * DAY), put(60_000.0, -1.0, seconds=3 * DAY))
    doc["market"]["underlyings"]["BTC"] |= {"volatility": volatility}
    account = read_document(doc)
    column = Column(np.expm1(np.random.default_rng(1).uniform(-half, half, 300)))
    pool = Pool(account, np.array([[1.0, -1.0]]), np.ones((1, 1)), account.collateral.amount)
    got = profits(pool, np.array([0]), [column], 0.0, collateral=False)[0][0]
    each = unit_profit(account, np.array([0, 1]), 1.0, column.move, 0.0)
    assert np.abs(got - (each[0] - each[1])).max() <= 3e-13 * 60_000


def test_most_options_are_smooth_enough_for_nodes():
    column = joint(book(LONG)).columns[0]
    assert column.sharpest < 0.6 * math.sqrt(1 / 365) and np.isinf(Column(column.move[:100]).sharpest)
