"""E6: the search for liquidation regions is complete: residuals, nothing invented, nothing missed.

MARGINSCOPE_WALKS sets how many random accounts are walked.
"""

import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.errors import Unsettled
from risk_core.liquidation import search
from risk_core.liquidation.lines import Question, walks
from risk_core.liquidation.search import regions_below_zero
from risk_core.liquidation.thresholds import along
from risk_core.liquidation.walks import HIGHEST, LOWEST, Walks
from risk_core.margin.charges.terms import Terms
from risk_core.margin.curves import walk
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.margin.pools import POOL_ID
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from risk_core.valuation import black76
from tests import accounts, oracle
from tests.core import brute, dense
from tests.core import strategies as some
from tests.core.books import (
    DAY,
    POOL,
    buffers,
    call,
    cash,
    covers,
    direction,
    document,
    future,
    held,
    perpetual,
    put,
    regions,
    result,
    scale,
    with_more,
)

AT_A_STOP = 500
SEEDS = int(os.environ.get("MARGINSCOPE_WALKS", AT_A_STOP))


def questions(doc, what="buffer"):
    """Every own walk of every bucket in every mode."""
    account = read_document(doc)
    rules = load.resolve(account.rules).rules
    for mode in MODES.values():
        holding = hold(account, rules, mode)
        ins, nets = account.instruments, holding.nets
        for bucket in range(nets.buckets):
            names = account.underlyings if bucket == POOL else \
                [account.underlyings[ins.underlying[nets.instrument[list(nets.bucket).index(bucket)]]]]
            for name in names:
                yield Question(holding, bucket, direction(holding, [name]), what)


def twins(doc):
    """(mode, id of the bucket) → the scalar twin's bucket, valued along walks by `dense`."""
    book = oracle.make_book(doc)
    return {(mode, bucket.name or POOL_ID): bucket for mode in MODES for bucket in oracle.make_buckets(book, mode)}


def check_all(doc, what="buffer"):
    """Every walk of a book under the generic rules, at every one of 20,000 nodes."""
    asked, valued_by = list(questions(doc, what)), twins(doc)
    for question, found in zip(asked, regions_below_zero(walks(asked)), strict=True):
        holding = question.holding
        bucket = valued_by[holding.mode.name, holding.nets.who(holding.account, question.bucket)]
        (moved,) = (name for name, b in zip(holding.account.underlyings, question.beta, strict=True) if b)
        seen = brute.check(holding, question.bucket, question.beta, found,
                           value=lambda k, bucket=bucket, moved=moved: dense.buffers(bucket, moved, k, what))
        residual = brute.residuals(holding, question.bucket, question.beta, found, what)
        assert np.all(residual <= 1e-9), (residual, found)
        ends = [end for region in found for end in region if LOWEST < end < HIGHEST]
        assert seen <= len(ends)


# Drawn books ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(8))
def test_the_dense_walk_is_valued_as_the_scalar_twin_does(seed):
    doc = accounts.random_account(seed)
    k = np.exp(np.sort(np.concatenate([np.random.default_rng(seed).uniform(-9.0, 9.0, 15), np.linspace(-0.2, 0.2, 9)])))
    book = oracle.make_book(doc)
    for bucket in twins(doc).values():
        for name in book.underlyings if bucket.name is None else bucket.nets:
            for at, equity, maintenance in zip(k, *dense.figures(bucket, name, k), strict=True):
                true, _, required = oracle.figures(bucket, name, at)
                size = oracle.gross_size(book, name, at) + oracle.gross_size(book, name, 1.0) + abs(true)
                assert abs(equity - true) <= 1e-13 * size and abs(maintenance - required) <= 1e-13 * size


@pytest.mark.parametrize("seed", range(SEEDS))
def test_L1_L4_L5_random_accounts_against_the_dense_walk(seed):
    check_all(accounts.random_account(seed + 1_000))


@given(doc=some.structures())
def test_L1_L4_L5_option_structures_against_the_dense_walk(doc):
    check_all(doc)


@given(doc=some.accounts(apart=True))
def test_L1_L4_L5_drawn_accounts_against_the_dense_walk(doc):
    check_all(doc)


@given(doc=some.accounts(apart=True))
def test_L1_bankruptcy_regions_against_the_dense_walk(doc):
    check_all(doc, what="equity")


@given(doc=some.accounts(names=("BTC", "ETH")), beta=st.sampled_from(((1.0, 1.0), (1.0, 0.5), (0.7, 1.4))))
def test_L18_a_joint_move_against_the_dense_walk(doc, beta):
    beta = np.array(beta)
    for mode in ("cross", "portfolio"):
        holding = held(doc, mode)
        found = along([holding], beta)[0][POOL]
        span = span_of(beta)
        brute.check(holding, POOL, beta, found, nodes=2_000, span=span)
        assert np.all(brute.residuals(holding, POOL, beta, found, span=span) <= 1e-9)


def span_of(beta):
    """The k for which every moved price stays within 1/10,000 … 10,000 times now."""
    return max(LOWEST, *((LOWEST - 1) / b + 1 for b in beta)), min(HIGHEST, *((HIGHEST - 1) / b + 1 for b in beta))


@given(doc=some.accounts(names=("BTC", "ETH"), apart=True), moved=st.sampled_from((["BTC"], ["ETH"], ["BTC", "ETH"])))
def test_L18_curves_and_their_levels_are_the_state_form_on_the_same_walk(doc, moved):
    k = np.geomspace(0.2, 5.0, 33)
    rulebook = load.load("generic")
    account = held(doc, "cross").account
    found = walk(account, rulebook, moved, k)
    assert (found.moved, list(found.curves)) == (tuple(moved), list(MODES))
    for mode, curve in found.curves.items():
        holding = held(doc, mode)
        beta = direction(holding, moved)
        parts = sum(buffers(holding, bucket, beta, k) for bucket in range(holding.nets.buckets))
        np.testing.assert_allclose(curve.buffer, parts, rtol=0, atol=1e-11 * scale(doc))
        names = [POOL_ID, *(account.book.ids[leg] for leg in holding.nets.bucket_leg[1:])]
        for line in found.levels[mode]:
            brute.check(holding, names.index(line.who), beta, line.regions, nodes=2_000)


# Books made by hand: how many levels, and where -------------------------------------------------------------------

def levels_of(doc, mode="cross", name="BTC"):
    """Finite ends of the regions of the pool, dollars."""
    check_all(doc)
    return [end for region in result(doc, mode).liquidation[name].regions for end in region if end is not None]


def test_F3_a_short_straddle_has_two_levels():
    market = {"BTC": {"price": 60_000.0, "volatility": 0.6}}
    legs = [make(60_000.0, -1.0, seconds=round(0.1 * 365 * DAY)) for make in (call, put)]
    for mode in ("cross", "portfolio"):
        below, above = levels_of(document(legs, 40_000, market), mode)
        assert below < 60_000 < above


def winged_strangle(dollars, wings=2.0):
    market = {"BTC": {"price": 60_000.0, "volatility": 0.6}}
    near, far = ((put, 55_000.0), (call, 65_000.0)), ((put, 45_000.0), (call, 75_000.0))
    legs = [make(K, -1.0, seconds=7 * DAY) for make, K in near] + [make(K, wings, seconds=7 * DAY) for make, K in far]
    return document(legs, dollars, market)


def test_F3_a_strangle_with_twice_the_wings_has_four_levels():
    assert len(levels_of(winged_strangle(5_000), "portfolio")) == 4


def test_F14_levels_appear_and_vanish_in_pairs():
    """More cash: two ranges part at the price, the upper one closes, the lower one parts, all close. Never an odd count."""
    counts = [len(levels_of(winged_strangle(dollars), "portfolio")) for dollars in (4_000, 5_000, 7_000, 8_000, 8_500)]
    assert counts == [2, 4, 2, 4, 0]


def test_F2_a_hedged_cross_book_is_liquidated_upward():
    # Long 10 and short 10 at 100: equity 100 at any price; maintenance 2 × 2.5 % × 10 s = 0.5 s: liquidated from s = 200 on.
    doc = document([perpetual(10.0, 100.0), future(-10.0, 100.0)], 100)
    assert levels_of(doc) == pytest.approx([200.0], rel=1e-12)
    assert result(doc).liquidation["BTC"].regions == ((pytest.approx(200.0), None),)
    # Without the short: 100 + 10 (s − 100) = 0.25 s at s = 900 ÷ 9.75 = 92.31, close below instead of 100 % away above.
    assert levels_of(document([perpetual(10.0, 100.0)], 100)) == pytest.approx([900.0 / 9.75], rel=1e-12)


def test_a_fully_funded_long_has_none():
    assert levels_of(document([perpetual(10.0, 100.0)], 1_000)) == []
    assert levels_of(document([perpetual(10.0, 100.0)], 999.0)) == pytest.approx([1.0 / 9.75])


def test_a_book_of_hours_is_a_sawtooth_with_many_regions():
    """Rows 4 % apart, options 0.6 % wide: the charge rises and falls at each strike ÷ (1 + x)."""
    def doc(dollars):
        return document([call(98.0, -1.0, seconds=3 * 3600), call(100.0, 2.0, seconds=3 * 3600),
                         call(102.0, -1.0, seconds=3 * 3600)], dollars)

    assert len(levels_of(doc(1.2), "portfolio")) >= 12
    for dollars in (0.0, 0.5, 0.9, 1.5):
        check_all(doc(dollars))


def turning_point(holding, low, high, sign):
    """(k, buffer) where the buffer is lowest (sign 1) or highest (−1) between low and high."""
    beta = direction(holding, ["BTC"])
    for _ in range(12):
        k = np.linspace(low, high, 201)
        at = int(np.argmin(sign * buffers(holding, POOL, beta, k)))
        low, high = k[max(at - 1, 0)], k[min(at + 1, 200)]
    return float(k[at]), float(buffers(holding, POOL, beta, k[[at]])[0])


@pytest.mark.parametrize(("mode", "legs", "sign"), [
    ("portfolio", [call(100.0, 1.0), put(100.0, 1.0)], 1.0),   # a long straddle on borrowed cash: a valley at the strike
    ("cross", [call(100.0, -2.0), perpetual(1.2, 100.0)], -1.0),   # a covered call: a hill, liquidated on both sides
])
def test_L9_at_a_fold_two_levels_or_none_never_one(mode, legs, sign):
    rules = {"base": "generic", "override": {"portfolio": {"moves": [0.0]}}}   # one price row: a smooth valley
    flat, low, high = held(document(legs, 0, rules=rules), mode), 0.5, 2.0
    where, turn = turning_point(flat, low, high, sign)
    assert low < where < high
    counts = set()
    for step in (0.0, *(s * 10.0**-e for e in range(3, 16) for s in (1, -1))):
        doc = document(legs, -turn + step * 100.0, rules=rules)
        question = Question(held(doc, mode), POOL, direction(flat, ["BTC"]))
        found = regions_below_zero(walks([question]))[0]
        near = [end for region in found for end in region if low < end < high]
        counts.add(len(near))
        assert len(near) in (0, 2), (step, found)
    assert counts == {0, 2}


@given(doc=some.structures())
def test_L19_twice_as_many_starting_points_change_nothing(doc):
    asked = list(questions(doc))
    before = regions_below_zero(walks(asked))
    points = search.FIXED_POINTS
    try:
        search.FIXED_POINTS = tuple(sorted({*points, *(math.sqrt(a * b) for a, b in zip(points, points[1:], strict=False))}))
        after = regions_below_zero(walks(asked))
    finally:
        search.FIXED_POINTS = points
    for one, two in zip(before, after, strict=True):
        assert len(one) == len(two)
        np.testing.assert_allclose(np.array(one).ravel(), np.array(two).ravel(), rtol=1e-8)


# Walks made by hand -----------------------------------------------------------------------------------------------

def hand_made(groups, zero=0.0, span=(LOWEST, HIGHEST)):
    """One walk of groups of rows; a row is (const, slope) or (const, slope, [(weight, shift, scale, strike, v), …])."""
    rows = [(g, *row, *([],) * (3 - len(row))) for g, group in enumerate(groups) for row in group]
    terms = [Terms(np.array([r]), *(np.array([float(x)]) for x in term))
             for r, (_, _, _, bends) in enumerate(rows) for term in bends]
    one = np.ones(1)
    return Walks(np.zeros(len(groups), dtype=np.int64), np.array([row[0] for row in rows]),
                 np.array([float(row[1]) for row in rows]), np.array([float(row[2]) for row in rows]), Terms.join(terms),
                 zero * one, 0.0 * one, span[0] * one, span[1] * one)


RAMP = (1.0, 0.0, 1.0)   # weight, shift, scale: + max(k − strike, 0)


@pytest.mark.parametrize(("groups", "expected"), [
    ([[(1.0, 0.0)]], []),                                                           # above zero everywhere
    ([[(-1.0, 0.0)]], [(LOWEST, HIGHEST)]),                                         # below zero everywhere
    ([[(0.0, 0.0)]], []),                                                           # zero everywhere is safe
    ([[(-2.0, 1.0)]], [(LOWEST, 2.0)]),                                             # k − 2
    ([[(3.0, -1.0)]], [(3.0, HIGHEST)]),                                            # 3 − k
    ([[(-2.0, 1.0), (5.0, -1.0)]], [(LOWEST, 2.0), (5.0, HIGHEST)]),                # least of two rows
    ([[(-2.0, 1.0)], [(5.0, -2.0)]], [(3.0, HIGHEST)]),                             # two groups add up: 3 − k
    ([[(2.0, -1.0, [(2.0, *RAMP[1:], 3.0, 0.0)])]], [(2.0, 4.0)]),                  # 2 − k, from 3 on k − 4
    ([[(2.0, -1.0, [(2.0, *RAMP[1:], 2.0, 0.0)])]], []),                            # |k − 2|: touches zero from above
    ([[(-2.0, 1.0, [(-2.0, *RAMP[1:], 2.5, 0.0)])]], [(LOWEST, 2.0), (3.0, HIGHEST)]),  # safe from 2 to 3
    ([[(1.0, -1.0, [(1.0, 0.0, 1.0, 2.0, 0.0)])]], [(1.0, HIGHEST)]),               # 1 − k, flat −1 from 2 on
    ([[(0.0, 0.0, [(1.0, 4.0, -1.0, 2.0, 0.0)]), (-1.0, 1.0)]], [(LOWEST, 1.0)]),   # a ramp that falls with k
])
def test_regions_of_walks_made_by_hand(groups, expected):
    found = regions_below_zero(hand_made(groups))[0]
    assert found == [(pytest.approx(a, rel=1e-12), pytest.approx(b, rel=1e-12)) for a, b in expected]


@pytest.mark.parametrize("k", [1.0, 0.0371, 1.0737, 23.7])
@pytest.mark.parametrize(("hair", "count"), [(1e-4, 1), (1e-8, 1), (1e-12, 1), (0.0, 0), (-1e-12, 0)])
def test_a_smooth_valley_has_its_two_roots(k, hair, count):
    """A call less its tangent at k less a hair: the roots lie close to k, where the search has no point, and are found."""
    value, delta = (float(x[0]) for x in black76.call_and_delta(np.array([k]), np.array([k]), np.full(1, 0.1)))
    rows = [[(delta * k - value - hair * k, -delta, [(1.0, 0.0, 1.0, k, 0.1)])]]
    found = regions_below_zero(hand_made(rows, zero=1e-15 * k))[0]
    assert len(found) == count
    # a hair of value is √(2 hair ÷ gamma) wide to each side, gamma = φ(0.05) ÷ (0.1 k)
    width = math.sqrt(2 * hair * 0.1 * math.sqrt(2 * math.pi)) if hair > 0 else 0.0
    assert all(b / k - 1 == pytest.approx(1 - a / k, rel=0.2) == pytest.approx(width, rel=0.2) for a, b in found)


def test_within_the_zero_of_a_walk_is_safe():
    dip = [[(2.0 - 1e-13, -1.0, [(2.0, 0.0, 1.0, 2.0, 0.0)])]]      # |k − 2| − 1e-13
    assert regions_below_zero(hand_made(dip, zero=1e-12))[0] == []
    assert len(regions_below_zero(hand_made(dip, zero=1e-14))[0]) == 1


def test_the_range_of_a_walk_is_respected():
    assert regions_below_zero(hand_made([[(-2.0, 1.0)]], span=(0.5, 1.5)))[0] == [(0.5, 1.5)]
    assert regions_below_zero(hand_made([[(-2.0, 1.0)]], span=(1.5, 8.0)))[0] == [(1.5, pytest.approx(2.0))]


def test_no_walks_no_regions():
    assert regions_below_zero(walks([])) == []


def test_a_batch_gives_what_each_walk_gives_alone():
    docs = [winged_strangle(4_000), document([perpetual(10.0, 100.0)], 100), accounts.random_account(3)]
    asked = [question for doc in docs for question in questions(doc)]
    assert regions_below_zero(walks(asked)) == [regions_below_zero(walks([question]))[0] for question in asked]


def test_a_search_that_does_not_settle_says_so(monkeypatch):
    monkeypatch.setattr(search, "MOST_POINTS", 5)
    with pytest.raises(Unsettled, match="did not settle"):
        result(winged_strangle(4_000), "portfolio")


@given(doc=some.accounts(apart=True), x=st.floats(0.0, 1e6))
def test_L7_collateral_shrinks_every_region_of_the_pool(doc, x):
    for mode in ("as_held", "cross", "portfolio"):
        before, after = regions(doc, mode), regions(with_more(doc, collateral=[cash(x)]), mode)
        assert all(covers(before[name], after[name]) for name in before)
