"""A charge says the same thing twice: rows of a walk valued at random k against `margin` at that state."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.liquidation import walks as walks_module
from risk_core.liquidation.lines import ZERO, Question, walks
from risk_core.liquidation.walks import Layout, ranges, values
from risk_core.margin.charges.terms import Terms
from risk_core.margin.models import MODES
from tests import accounts
from tests.core import strategies as some
from tests.core.books import PLAIN, POOL, buffers, direction, document, gross_along, held, perpetual

half = settings(max_examples=max(settings.default.max_examples // 6, 1))


def rows_at(question, k):
    """H(k) from the rows of the walk, less the margin by which a buffer counts as 0."""
    made = walks([question])
    layout = Layout(made)
    walk = np.zeros(len(k), dtype=np.int64)
    return layout.total(walk, values(made, layout, walk, k).h) - (made.zero[0] + made.zero_slope[0] * k)


def slopes_at(question, k):
    """Least slope of the rows that set H at k: convex − concave + affine."""
    made = walks([question])
    layout = Layout(made)
    at = values(made, layout, np.zeros(len(k), dtype=np.int64), k)
    return at.slope + at.convex_slope - at.concave_slope


def check(question, k, floors=0.0):
    """floors: dollars of the largest tier floor, which a ramp adds and takes off again."""
    got = rows_at(question, k)
    true = buffers(question.holding, question.bucket, question.beta, k, question.what)
    size = gross_along(question.holding, question.beta, k) + gross_along(question.holding, question.beta, [1.0])
    nets = question.holding.nets
    gains = abs(nets.profit_const).sum() + abs(nets.profit_slope).sum() * (1.0 + k) + question.holding.pledge.sum()
    assert np.all(np.abs(got - true) <= 1e-12 * (size + gains + floors * (1.0 + k))), np.max(np.abs(got - true) / size)


def ask(doc, k, weights=(1.0, 1.0, 1.0), floors=0.0):
    for mode in MODES:
        holding = held(doc, mode)
        names = holding.account.underlyings
        moves = [direction(holding, [name]) for name in names] + [np.array(weights[: len(names)])]
        for beta in moves:
            for bucket in range(holding.nets.buckets):
                for what in ("buffer", "equity"):
                    check(Question(holding, bucket, beta, what), k, floors)


@half
@given(doc=some.accounts(apart=True), k=st.lists(some.walk_factors, min_size=5, max_size=5),
       weights=st.tuples(st.floats(0.1, 1.0), st.floats(0.1, 1.0)))
def test_rows_are_the_state_form_on_drawn_accounts(doc, k, weights):
    ask(doc, np.maximum(np.array([1.0, *k]), 1e-4), weights)


@pytest.mark.parametrize("seed", range(25))
def test_rows_are_the_state_form_on_random_accounts(seed):
    ask(accounts.random_account(seed + 3_000), np.array([1e-4, 0.31, 0.9, 1.0, 1.07, 2.4, 1e4]))


@half
@given(doc=some.accounts(rules={"base": "generic", "override": {"portfolio": {"extended_rows": [
    {"move": -0.66, "volatility": "same", "weight": 0.35}, {"move": 1.0, "volatility": "up", "weight": 0.5}]}}}),
       k=st.lists(some.walk_factors, min_size=4, max_size=4))
def test_rows_with_weights_too(doc, k):
    ask(doc, np.array(k))


@half
@given(doc=some.accounts(), k=some.log_uniform(0.01, 100.0))
def test_slopes_are_the_derivative_of_the_rows(doc, k):
    holding = held(doc, "portfolio")
    question = Question(holding, POOL, direction(holding, ["BTC"]))
    made = walks([question])
    layout, walk, h = Layout(made), np.zeros(3, dtype=np.int64), 1e-6 * k
    at = values(made, layout, walk, np.array([k - h, k, k + h]))
    left, middle, right = at.h.reshape(3, -1)
    slope = (at.slope + at.convex_slope - at.concave_slope).reshape(3, -1)
    size = float(gross_along(holding, question.beta, [k])[0]) / k
    inside = (np.minimum(slope[0], slope[2]) - 1e-3 * size <= (right - left) / (2 * h)) & \
             ((right - left) / (2 * h) <= np.maximum(slope[0], slope[2]) + 1e-3 * size)
    bent = np.abs(right - 2 * middle + left) > 1e-6 * size * h      # across a kink or a bend narrower than h
    assert np.all(inside | bent)


def test_what_counts_as_zero_is_a_share_of_the_gross_size_at_the_price_tested():
    doc = document([perpetual(2.0, 100.0), perpetual(-30.0, 100.0, settlement="inverse")], 40)
    holding = held(doc, "cross")
    made = walks([Question(holding, POOL, direction(holding, ["BTC"]))])
    assert (made.zero[0], made.zero_slope[0]) == pytest.approx((ZERO * 70.0, ZERO * 200.0))   # cash and face stand still


def test_a_walk_that_moves_nothing_the_bucket_holds_is_flat():
    market = {"BTC": {"price": 100.0}, "ETH": {"price": 50.0}}
    holding = held(document([perpetual(2.0, 90.0)], 40, market, rules=PLAIN), "portfolio")
    flat = rows_at(Question(holding, POOL, direction(holding, ["ETH"])), np.array([0.5, 1.0, 2.0]))
    still = rows_at(Question(holding, POOL, np.zeros(2)), np.array([0.5, 1.0, 2.0]))
    assert flat == pytest.approx([28.0] * 3) and still == pytest.approx([28.0] * 3)           # 40 + 20 − 32


def test_terms_are_ordered_by_row_and_ranges_are_counted():
    one = np.ones(1)
    parts = [Terms(np.array([row]), weight * one, one, one, one, one) for row, weight in ((2, 1.0), (0, 2.0), (2, 3.0), (1, 4.0))]
    joined = Terms.join(parts)
    assert (joined.row.tolist(), joined.weight.tolist()) == ([0, 1, 2, 2], [2.0, 4.0, 1.0, 3.0])
    assert len(Terms.join([]).row) == 0
    assert ranges(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]


def test_large_batches_are_valued_in_parts(monkeypatch):
    holding = held(accounts.random_account(3), "portfolio")
    question = Question(holding, POOL, direction(holding, holding.account.underlyings[:1]))
    k = np.geomspace(0.1, 10.0, 60)
    whole = rows_at(question, k)
    monkeypatch.setattr(walks_module, "CHUNK", 500)
    assert np.array_equal(rows_at(question, k), whole)
