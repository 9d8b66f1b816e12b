"""Tails of losses: the laws of value at risk and expected shortfall, each rule against hand-made lists and a linear programme."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import norm

from risk_core.margin.methods.history import tail

RULES = ("Hull", "lower", "higher", "interpolated")
ES_RULES = ("weighted", "beyond the VaR row", "VaR row inside")
NEAR = 1e-9
levels = st.sampled_from((0.0, 0.2, 0.5, 0.7, 0.9, 0.95, 0.975, 0.99, 0.997)) | st.floats(0.0, 0.999)
numbers = st.floats(-1e6, 1e6) | st.sampled_from((0.0, 1.0, 1.0, 100.0))
lists = st.lists(numbers, min_size=1, max_size=40)
pairs = st.integers(1, 40).flatmap(lambda n: st.tuples(*[st.lists(numbers, min_size=n, max_size=n)] * 2))
weighted = st.lists(st.tuples(numbers, st.floats(1e-3, 1.0)), min_size=1, max_size=40)


def equal(n):
    return np.full(n, 1.0 / n)


def found(losses, weights=None):
    losses = np.array([losses], dtype=np.float64)
    return tail.tail(losses, equal(losses.shape[1]) if weights is None else np.array(weights, dtype=np.float64))


def var(losses, level, rule="Hull", weights=None):
    return float(tail.value_at_risk(found(losses, weights), level, rule)[0])


def es(losses, level, rule="weighted", weights=None):
    return float(tail.expected_shortfall(found(losses, weights), level, rule)[0])


def shares(rows):
    """Losses and their probabilities, which add up to 1."""
    losses, weights = zip(*rows, strict=True)
    return list(losses), [w / math.fsum(weights) for w in weights]


def close(a, b, *lists_):
    return math.isclose(a, b, rel_tol=NEAR, abs_tol=NEAR * (1.0 + max(abs(x) for one in lists_ for x in one)))


# Rules ------------------------------------------------------------------------------------------------------------

def test_the_rows_of_500_days_at_99_percent():
    losses = list(range(500, 0, -1))
    assert [var(losses, 0.99, rule) for rule in RULES] == [496.0, 495.0, 496.0, 496.0]
    assert close(es(losses, 0.99), 498.0, losses) and close(es(losses, 0.99, "VaR row inside"), 498.0, losses)
    assert close(es(losses, 0.99, "beyond the VaR row"), 498.5, losses)


def test_the_rows_of_250_days_where_the_tail_ends_inside_a_row():
    losses = list(range(250, 0, -1))
    assert [var(losses, 0.99, rule) for rule in RULES] == [248.0, 248.0, 249.0, 248.5]
    assert close(es(losses, 0.99), (250 + 249 + 0.5 * 248) / 2.5, losses)


def test_a_tail_within_the_worst_row_is_that_row():
    losses = [3.0, 9.0, 1.0]
    assert all(var(losses, 0.9, rule) == 9.0 for rule in RULES)
    assert all(es(losses, 0.9, rule) == 9.0 for rule in ES_RULES)


def test_stress_losses_are_walked_down_by_their_probabilities():
    """850 at 0.05 %, 750 at 0.1 %, 477.8 at 0.298 %, 450 at 0.498 %, 345.4 at 0.696 %, 300 at 0.896 %, 282.2 beyond 1 %."""
    losses = [235, 300, 450, 750, 850, 477.841, 345.435, 282.204]
    weights = [0.005, 0.002, 0.002, 0.0005, 0.0005, *[0.00198] * 3]
    assert var(losses, 0.99, "Hull", weights) == 282.204 and var(losses, 0.992, "Hull", weights) == 300.0


@pytest.mark.parametrize("rule", ["Hull", "lower", "higher"])
def test_numpy_knows_the_row_where_no_row_ends_at_the_level(rule):
    losses = np.random.default_rng(5).normal(size=137)
    for level in (0.7, 0.91, 0.953, 0.99):
        want = np.quantile(losses, level, method="inverted_cdf")
        above = np.min(losses[losses > want], initial=np.inf)
        assert var(losses, level, rule) == (above if rule == "higher" else want)


# Laws -------------------------------------------------------------------------------------------------------------

@given(pair=pairs, level=levels)
@example(pair=([0.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0, 0.0]), level=0.7)
def test_R1_expected_shortfall_is_subadditive(pair, level):
    x, y = pair
    both = [a + b for a, b in zip(x, y, strict=True)]
    assert es(both, level) <= es(x, level) + es(y, level) + NEAR * (1 + max(map(abs, x + y)))


@given(rows=st.lists(st.tuples(numbers, numbers, st.floats(1e-3, 1.0)), min_size=1, max_size=30), level=levels)
def test_R1_with_probabilities_of_their_own(rows, level):
    x, y, w = (list(column) for column in zip(*rows, strict=True))
    w = [one / math.fsum(w) for one in w]
    both = [a + b for a, b in zip(x, y, strict=True)]
    assert es(both, level, weights=w) <= es(x, level, weights=w) + es(y, level, weights=w) + NEAR * (1 + max(map(abs, x + y)))


def test_F18_value_at_risk_is_not():
    one, other = [100.0] * 4 + [0.0] * 96, [0.0] * 96 + [100.0] * 4
    both = [a + b for a, b in zip(one, other, strict=True)]
    assert (var(one, 0.95), var(other, 0.95), var(both, 0.95)) == (0.0, 0.0, 100.0)
    assert close(es(one, 0.95), 80.0, one) and close(es(both, 0.95), 100.0, both)


@pytest.mark.parametrize(("rule", "weights", "x", "y", "level", "apart", "together"), [
    ("VaR row inside", [1 / 6, 1 / 6, 4 / 6], [0.0, 5.0, 0.0], [2.0, 0.0, 0.0], 0.7, 1.0 + 0.4, 3.5),
    ("beyond the VaR row", [3 / 9, 1 / 9, 5 / 9], [1.0, 5.0, 0.0], [0.0, 4.0, 1.0], 0.5, 2.0 + 4.0, 9.0),
])
def test_F19_means_of_whole_rows_are_not_either_where_probabilities_differ(rule, weights, x, y, level, apart, together):
    both = [a + b for a, b in zip(x, y, strict=True)]
    assert es(x, level, rule, weights) + es(y, level, rule, weights) == pytest.approx(apart)
    assert es(both, level, rule, weights) == pytest.approx(together) and together > apart


@given(losses=lists, level=levels, k=st.floats(1e-3, 1e3), c=st.floats(-1e5, 1e5))
def test_R2_R3_homogeneous_and_translated(losses, level, k, c):
    for measure, rules in ((var, RULES), (es, ES_RULES)):
        for rule in rules:
            base = measure(losses, level, rule)
            assert close(measure([k * x for x in losses], level, rule), k * base, [k * x for x in losses])
            assert close(measure([x + c for x in losses], level, rule), base + c, losses, [c])


@given(rows=weighted, more=st.floats(0.0, 1e5), level=levels, data=st.data())
def test_R4_a_larger_loss_never_lowers_a_measure_that_is_coherent_or_a_row(rows, more, level, data):
    losses, weights = shares(rows)
    at = data.draw(st.integers(0, len(losses) - 1))
    raised = [x + more * (i == at) for i, x in enumerate(losses)]
    slack = NEAR * (1 + max(map(abs, losses)) + more)
    for measure, rule in ((var, "Hull"), (var, "lower"), (es, "weighted")):
        assert measure(losses, level, rule, weights) <= measure(raised, level, rule, weights) + slack


@given(rows=weighted, level=levels)
def test_R5_value_at_risk_is_not_above_expected_shortfall_nor_that_above_the_worst(rows, level):
    losses, weights = shares(rows)
    worst, mean = max(losses), es(losses, level, weights=weights)
    slack = NEAR * (1 + max(map(abs, losses)))
    assert var(losses, level, "Hull", weights) <= mean + slack and mean <= worst + slack
    assert var(losses, level, "lower", weights) <= mean + slack


@given(losses=lists, level=levels)
def test_R5_interpolated_too_among_equal_probabilities(losses, level):
    assert var(losses, level, "interpolated") <= es(losses, level) + NEAR * (1 + max(map(abs, losses)))


def test_the_higher_row_may_lie_above_expected_shortfall():
    assert var([10.0, 4.0, 0.0, 0.0], 0.625, "higher") == 10.0 > es([10.0, 4.0, 0.0, 0.0], 0.625)


@given(rows=weighted, pair=st.tuples(levels, levels))
def test_R6_nothing_falls_with_the_level(rows, pair):
    losses, weights = shares(rows)
    low, high = sorted(pair)
    slack = NEAR * (1 + max(map(abs, losses)))
    for measure, rules in ((var, RULES), (es, ES_RULES)):
        for rule in rules:
            assert measure(losses, low, rule, weights) <= measure(losses, high, rule, weights) + slack, rule
    assert close(es(losses, 0.0, weights=weights), math.fsum(x * w for x, w in zip(losses, weights, strict=True)), losses)
    assert close(es(losses, 1.0 - 1e-9, weights=weights), max(losses), losses)


@given(pair=pairs, level=levels)
def test_R7_comonotone_losses_add_up(pair, level):
    x, y = (sorted(one) for one in pair)
    both = [a + b for a, b in zip(x, y, strict=True)]
    assert close(es(both, level), es(x, level) + es(y, level), x, y)
    assert close(var(both, level), var(x, level) + var(y, level), x, y)


@given(rows=st.lists(st.tuples(st.integers(-1000, 1000), st.integers(1, 20)), min_size=1, max_size=12), level=levels)
def test_R8_the_linear_programme_finds_the_same(rows, level):
    losses, weights = shares(rows)
    limits = [(0.0, w / (1.0 - level)) for w in weights]
    best = linprog([-float(x) for x in losses], A_eq=[[1.0] * len(losses)], b_eq=[1.0], bounds=limits)
    assert best.status == 0 and math.isclose(-best.fun, es(losses, level, weights=weights), rel_tol=1e-7, abs_tol=1e-5)


def test_R9_normal_losses():
    draws = np.random.default_rng(9).normal(2.0, 3.0, 1_000_000)
    at = norm.ppf(0.99)
    mean = 2.0 + 3.0 * norm.pdf(at) / 0.01
    tail_deviation = draws[draws > 2.0 + 3.0 * at].std()
    error = math.sqrt(tail_deviation**2 + 0.99 * (mean - 2.0 - 3.0 * at) ** 2) / math.sqrt(10_000)
    assert abs(es(draws, 0.99) - mean) < 4.0 * error


@given(rows=weighted, level=levels, seed=st.integers(0, 99))
def test_A3_any_order_of_the_rows(rows, level, seed):
    order = np.random.default_rng(seed).permutation(len(rows))
    losses, weights = shares(rows)
    turned = [losses[i] for i in order], [weights[i] for i in order]
    for measure, rules in ((var, RULES), (es, ES_RULES[:1])):
        for rule in rules:
            assert close(measure(losses, level, rule, weights), measure(turned[0], level, rule, turned[1]), losses)


@given(losses=lists, level=levels)
def test_equal_probabilities_given_one_by_one_change_nothing(losses, level):
    """The second path sorts places instead of values; it is taken where probabilities differ by anything."""
    uneven = equal(len(losses))
    uneven[0] *= 1.0 + 1e-15 if len(losses) > 1 else 1.0
    assert close(es(losses, level), es(losses, level, weights=uneven), losses)
    assert close(var(losses, level, "interpolated"), var(losses, level, "interpolated", uneven), losses)


def slow(losses, weights, level):
    """Value at risk by Hull and the weighted mean, walking down a sorted list with exact sums."""
    left, taken, mean, at = 1.0 - level, [], [], None
    for loss, weight in sorted(zip(losses, weights, strict=True), key=lambda row: -row[0]):
        part = max(min(weight, left - math.fsum(taken)), 0.0)
        mean.append(part * loss)
        taken.append(part if part else 0.0)
        if at is None and math.fsum(taken) >= left - 1e-12:
            at = loss
    return at, math.fsum(mean) / math.fsum(taken)


@given(rows=weighted, level=levels)
def test_the_slow_twin_finds_the_same(rows, level):
    losses, weights = shares(rows)
    at, mean = slow(losses, weights, level)
    assert close(es(losses, level, weights=weights), mean, losses)
    if at is not None:
        assert close(var(losses, level, "Hull", weights), at, losses)


@given(rows=st.lists(st.lists(numbers, min_size=7, max_size=7), min_size=1, max_size=5), level=levels)
def test_states_do_not_know_of_each_other(rows, level):
    weights = np.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05])
    together = tail.tail(np.array(rows), weights)
    for i, losses in enumerate(rows):
        assert tail.expected_shortfall(together, level, "weighted")[i] == es(losses, level, weights=weights)
        assert tail.value_at_risk(together, level, "interpolated")[i] == var(losses, level, "interpolated", weights)


def test_F20_more_history_may_lower_the_mean_of_the_tail_but_not_the_worst():
    days = [float(x) for x in range(1, 11)]
    quiet = days + [0.0] * 10
    assert close(es(days, 0.8), 9.5, days) and es(quiet, 0.8) < es(days, 0.8)
    assert es(quiet, 0.999999) == es(days, 0.999999) == 10.0


@given(rows=weighted, level=levels, even=st.booleans())
def test_the_largest_losses_alone_say_the_same(rows, level, even):
    """As far down as any choice of rows could need; every rule among equal probabilities, those that ties leave alone else."""
    losses, weights = shares(rows)
    weights = equal(len(losses)) if even else np.array(weights)
    whole = found(losses, weights)
    part = tail.tail(np.array([losses]), weights, tail.depth(weights, level))
    rules = (RULES, ES_RULES) if even or weights.min() == weights.max() else (RULES[:2], ES_RULES[:1])
    for measure, names in zip((tail.value_at_risk, tail.expected_shortfall), rules, strict=True):
        for rule in names:
            assert close(measure(whole, level, rule)[0], measure(part, level, rule)[0], losses), rule
