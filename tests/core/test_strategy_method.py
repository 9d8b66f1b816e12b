"""Strategy-based margin: the pairing against a brute search, figures of the margin manual by hand, laws, parameters."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from risk_core.margin.compare import compare
from risk_core.margin.methods.demand import Pool
from risk_core.margin.methods.strategies.demand import demand, paired
from risk_core.margin.methods.strategies.legs import legs_of
from risk_core.margin.methods.strategies.packing import pack
from risk_core.margin.methods.strategies.patterns import BOX, BUTTERFLY, CONDOR, COVERED, NAKED, STRADDLE, VERTICAL
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.core.books import DAY, call, cash, coin, document, perpetual, put

BOOK = load.load("reg-t")
MARKET = {"BTC": {"price": 100.0, "volatility": 0.6}}
STRIKES = st.sampled_from([80.0, 90.0, 100.0, 110.0, 120.0])
SIZES = st.sampled_from([-3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0])
LEGS = st.one_of(
    st.tuples(st.sampled_from([call, put]), STRIKES, SIZES, st.sampled_from([30, 90])).map(
        lambda x: x[0](x[1], x[2], seconds=x[3] * DAY)),
    SIZES.map(lambda q: perpetual(q, 100.0)))
BOOKS = st.lists(LEGS, min_size=1, max_size=7)


def pool_of(legs, collateral=(), factors=(1.0,), quantities=None, rules=None):
    doc = document(legs, [cash(1e6), *collateral], MARKET, "reg-t" if rules is None else {"base": "reg-t", "override": rules})
    account = read_document(doc)
    held = np.bincount(account.book.instrument, account.book.quantity, len(account.instruments.keys))
    rows = np.tile(held, (len(factors), 1)) if quantities is None else quantities(held)
    return Pool(account, rows, np.array(factors)[:, None], account.collateral.amount)


def asked(legs, **more):
    """Maintenance margin of the options, dollars, and the families that are not empty."""
    pool = pool_of(legs, **more)
    rules = load.resolve(pool.account.rules).rules.strategies
    parts = [part for part in demand(pool, rules).parts if not part.key.endswith("underlying")]
    return math.fsum(part.maintenance[0] for part in parts), {one.family for one in paired(pool, rules)}


def marks(legs):
    """Dollar value of each option leg, per unit, from the engine's own marks."""
    account = read_document(document(legs, [cash(1e6)], MARKET, "reg-t"))
    return [float(account.instruments.mark[i]) for i in account.book.instrument]


# By hand ----------------------------------------------------------------------------------------------------------

def test_a_naked_call_and_put_ask_a_fifth_less_what_they_are_out_of_the_money():
    assert asked([call(110.0, -1.0)]) == (pytest.approx(20.0 - 10.0), {NAKED})
    assert asked([put(85.0, -2.0)]) == (pytest.approx(2 * max(20.0 - 15.0, 8.5)), {NAKED})
    assert asked([call(150.0, -1.0)]) == (pytest.approx(10.0), {NAKED})


def test_a_vertical_asks_its_width_less_the_credit_and_a_debit_spread_its_debit():
    short, long = marks([call(100.0, -1.0), call(110.0, 1.0)])
    assert asked([call(100.0, -1.0), call(110.0, 1.0)]) == (pytest.approx(10.0 - (short - long)), {VERTICAL})
    assert asked([call(100.0, 1.0), call(110.0, -1.0)])[0] == pytest.approx(short - long)


def test_a_straddle_asks_its_greater_side_and_the_premium_of_the_other():
    """In equity the marks are taken off already: what is left is what the greater side risks."""
    amount, found = asked([call(100.0, -1.0), put(100.0, -1.0)])
    assert found == {STRADDLE} and amount == pytest.approx(20.0)


def test_a_covered_call_asks_nothing_for_the_call_whether_by_a_perpetual_or_by_coins():
    assert asked([call(110.0, -2.0), perpetual(2.0, 100.0)]) == (0.0, {COVERED})
    assert asked([call(110.0, -2.0)], collateral=[coin("BTC", 2.0)]) == (0.0, {COVERED})
    assert asked([call(110.0, -2.0)], collateral=[coin("BTC", 1.5)])[0] == pytest.approx(0.5 * 10.0)
    assert asked([put(90.0, -2.0), perpetual(-2.0, 100.0)]) == (0.0, {COVERED})


def test_a_short_box_asks_one_width_and_a_long_one_its_debit():
    short = [call(90.0, -1.0), call(110.0, 1.0), put(90.0, 1.0), put(110.0, -1.0)]
    c90, c110, p90, p110 = marks(short)
    assert asked(short) == (pytest.approx(max(20.0 - (c90 - c110 + p110 - p90), 0.0), abs=1e-9), {BOX})
    long = [leg | {"quantity": -leg["quantity"]} for leg in short]
    assert asked(long)[0] == pytest.approx(c90 - c110 + p110 - p90)


def test_a_long_butterfly_asks_its_debit_and_a_condor_one_side():
    fly = [call(90.0, 1.0), call(100.0, -2.0), call(110.0, 1.0)]
    low, middle, high = marks(fly)
    assert asked(fly) == (pytest.approx(low - 2 * middle + high), {BUTTERFLY})
    condor = [put(80.0, 1.0), put(90.0, -1.0), call(110.0, -1.0), call(120.0, 1.0)]
    a, b, c, d = marks(condor)
    assert asked(condor) == (pytest.approx(10.0 - (b - a) - (c - d)), {CONDOR})


def test_a_calendar_covers_a_short_option_that_expires_first_and_not_one_that_outlives_it():
    near, far = call(100.0, -1.0, seconds=30 * DAY), call(100.0, 1.0, seconds=90 * DAY)
    assert asked([near, far])[1] == {VERTICAL}
    assert NAKED in asked([near | {"quantity": 1.0}, far | {"quantity": -1.0}])[1]


# Laws -------------------------------------------------------------------------------------------------------------

@given(BOOKS)
def test_pairing_never_asks_more_than_every_leg_alone_and_never_less_than_nothing(legs):
    pool = pool_of(legs)
    found = demand(pool, BOOK.rules.strategies)
    size = sum(abs(leg["quantity"]) for leg in legs) * 100.0
    alone = 0.0
    for i in np.flatnonzero(pool.quantity[0]):
        one = Pool(pool.account, np.where(np.arange(pool.quantity.shape[1]) == i, pool.quantity, 0.0), pool.factors, pool.collateral)
        alone += float(demand(one, BOOK.rules.strategies).maintenance[0])
    assert -1e-9 * size <= found.maintenance[0] <= alone + 1e-9 * size
    assert found.initial[0] >= found.maintenance[0] - 1e-9 * size


@given(st.sampled_from([call, put]), st.lists(STRIKES, min_size=2, max_size=2, unique=True), st.floats(0.1, 10.0))
def test_T14_a_vertical_asks_at_most_its_legs_alone_and_at_most_what_it_can_lose(make, strikes, lots):
    """Lost from the marks to the worst price at expiry; the payoff bends at the strikes only."""
    legs = [make(strikes[0], -lots), make(strikes[1], lots)]

    def payoff(price):
        sign = 1.0 if make is call else -1.0
        return math.fsum(leg["quantity"] * max(sign * (price - leg["strike"]), 0.0) for leg in legs)

    worth = math.fsum(leg["quantity"] * mark for leg, mark in zip(legs, marks(legs), strict=True))
    loss = worth - min(map(payoff, (0.0, *strikes, 1e4)))
    alone = math.fsum(asked([leg])[0] for leg in legs)
    assert asked(legs)[0] <= min(alone, loss) + 1e-9 * lots


@given(BOOKS, st.floats(0.1, 10.0))
def test_margin_grows_in_proportion_with_the_book(legs, k):
    pool = pool_of(legs)
    larger = Pool(pool.account, k * pool.quantity, pool.factors, pool.collateral)
    one, more = (float(demand(each, BOOK.rules.strategies).maintenance[0]) for each in (pool, larger))
    assert math.isclose(more, k * one, rel_tol=1e-8, abs_tol=1e-7)


@given(BOOKS, st.lists(st.floats(0.2, 4.0), min_size=2, max_size=6))
def test_states_of_one_call_are_what_each_state_asks_by_itself(legs, factors):
    pool = pool_of(legs, factors=factors, quantities=lambda held: np.array([held * (1.0 if i % 2 else -0.5) for i in range(len(factors))]))
    together = demand(pool, BOOK.rules.strategies)
    for s in range(pool.states):
        alone = demand(Pool(pool.account, pool.quantity[[s]], pool.factors[[s]], pool.collateral), BOOK.rules.strategies)
        for side in ("initial", "maintenance"):
            assert math.isclose(getattr(together, side)[s], getattr(alone, side)[0], rel_tol=1e-8, abs_tol=1e-7)


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_packing_is_the_linear_programme_of_every_state(legs, columns, seed):
    """The slow twin: one linear programme a state, by the solver alone."""
    random = np.random.default_rng(seed)
    uses = random.integers(0, 3, (legs, columns)).astype(float)
    uses[0, uses.sum(axis=0) == 0] = 1.0
    saving, amount = random.normal(size=(7, columns)), random.integers(0, 4, (7, legs)).astype(float)
    found = pack(saving, uses, amount)
    for s in range(7):
        best = linprog(-saving[s], A_ub=uses, b_ub=amount[s], method="highs")
        assert math.isclose(found.saved[s], -best.fun, rel_tol=1e-9, abs_tol=1e-9)
        assert (uses @ found.used[s] <= amount[s] + 1e-9).all() and (found.used[s] >= 0).all()


def brute(right, shorts, longs):
    """Least margin of whole single lots of one kind and expiry, every short with at most one long, none but verticals."""
    best = math.inf
    for chosen in itertools.permutations([*longs, *[None] * len(shorts)], len(shorts)):
        total = math.fsum(mark for _, mark in longs)
        for (strike, mark), cover in zip(shorts, chosen, strict=True):
            away = max(strike - 100.0, 0.0) if right == "call" else max(100.0 - strike, 0.0)
            naked = max(20.0 - away, 10.0 if right == "call" else 0.1 * strike)
            if cover is None:
                total += naked
            else:
                width = max(cover[0] - strike if right == "call" else strike - cover[0], 0.0)
                total += max(width + cover[1] - mark, 0.0) - cover[1]
        best = min(best, total)
    return best


@given(st.sampled_from(["call", "put"]), st.lists(STRIKES, min_size=1, max_size=3, unique=True),
       st.lists(STRIKES.map(lambda k: k + 5.0), min_size=0, max_size=3, unique=True))
def test_single_lots_are_paired_as_a_brute_search_pairs_them(right, short_strikes, long_strikes):
    """Unless a butterfly, of more than one lot, does better."""
    make = call if right == "call" else put
    legs = [make(k, -1.0) for k in short_strikes] + [make(k, 1.0) for k in long_strikes]
    values = marks(legs)
    shorts, longs = list(zip(short_strikes, values, strict=False)), list(zip(long_strikes, values[len(short_strikes):], strict=True))
    got, found = asked(legs)
    if BUTTERFLY in found:
        assert got <= brute(right, shorts, longs) + 1e-9
    else:
        assert got == pytest.approx(brute(right, shorts, longs), abs=1e-9)


# Parameters -------------------------------------------------------------------------------------------------------

RICH = [call(110.0, -3.0), put(90.0, -2.0), put(60.0, -1.0), call(150.0, -1.0), call(105.0, 1.0), perpetual(1.0, 100.0)]
MOVED = {"option_rate": (0.0, 1.0), "option_rates": ({"BTC": 0.05}, {"BTC": 0.9}), "call_floor": (0.0, 1.0), "put_floor": (0.0, 1.0),
         "leverage": ({"BTC": 0.5}, {"BTC": 3.0}), "underlying_initial": (0.31, 1.0), "underlying_long": (0.0, 0.5)}


@pytest.mark.parametrize("key", MOVED)
def test_E4_a_parameter_bites_at_its_extremes(key):
    legs = {"call_floor": [call(150.0, -1.0)], "put_floor": [put(60.0, -1.0)]}.get(key, RICH)

    def figures(rules):
        found = demand(pool_of(legs, rules=rules), load.override(BOOK, rules).rules.strategies)
        return float(found.initial[0]), float(found.maintenance[0])

    usual = figures({})
    assert all(figures({"strategies": {key: value}}) != usual for value in MOVED[key]), key


def test_E4_the_rate_of_short_underlyings_bites():
    legs = [perpetual(-1.0, 100.0)]
    for rate in (0.0, 0.5):
        found = demand(pool_of(legs), load.override(BOOK, {"strategies": {"underlying_short": rate}}).rules.strategies)
        assert found.maintenance[0] == pytest.approx(100.0 * rate) and found.initial[0] == pytest.approx(50.0)


def test_strategies_are_named_in_parts_and_words():
    doc = document([call(110.0, -1.0), put(90.0, -1.0), call(130.0, 1.0)], [cash(1e6)], MARKET, "reg-t")
    mode = compare(read_document(doc), BOOK, ["portfolio"]).modes["portfolio"]
    assert {part.name for part in mode.components} <= {f"{family}, BTC" for family in (
        NAKED, STRADDLE, VERTICAL, "Long options paid in full")}
    assert "short BTC" in mode.worst and "USD)" in mode.worst
    assert math.isclose(math.fsum(part.amount for part in mode.components), mode.head.maintenance_margin)


def test_legs_left_out_have_no_amount():
    pool = pool_of(RICH)
    legs = legs_of(pool, 0, np.ones(1), pool.quantity, BOOK.rules.strategies)
    assert (legs.amount >= 0).all() and legs.amount.sum() == sum(abs(leg["quantity"]) for leg in RICH)
