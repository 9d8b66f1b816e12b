"""Options on a grid read off interpolants, held against every cell priced by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.liquidation import surfaces
from risk_core.margin.charges.terms import Terms
from risk_core.valuation import black76, chebyshev

MOVES = np.array([0.84, 0.92, 1.0, 1.08, 1.16])


def book(seed, options, least=0.004):
    """Options in fifteen rows, five moves in three states of volatility, and each once more at the unmoved price."""
    rng = np.random.default_rng(seed)
    forward, strike = 100.0 * rng.uniform(0.99, 1.05, options), 100.0 * rng.uniform(0.6, 1.5, options)
    v, weight = np.exp(rng.uniform(np.log(least), 0.0, options)), rng.normal(0.0, 10.0, options)
    parts = [(5 * state + i, weight, forward * move, v * factor)
             for state, factor in enumerate((1.4, 1.0, 0.8)) for i, move in enumerate(MOVES)]
    parts += [(row, -0.3 * weight, forward, v) for row in range(15)]
    return Terms.join([Terms(np.full(options, row), w, np.zeros(options), scale, strike, width)
                       for row, w, scale, width in parts])


def by_cell(terms, which, k, volatility):
    """Rows (15, Y, X) of the terms `which`, one after the other."""
    out = np.zeros((15, len(volatility), len(k)))
    for i in which:
        F = terms.shift[i] + terms.scale[i] * k
        out[terms.row[i]] += terms.weight[i] * black76.call(F, terms.strike[i], (terms.v[i] * volatility)[:, None])
    return out


def size(terms, k):
    return np.abs(terms.weight) @ np.maximum(terms.strike, terms.scale * k.max())


@settings(max_examples=max(settings.default.max_examples // 5, 1), deadline=None)
@given(seed=st.integers(0, 10_000), options=st.integers(1, 5), points=st.sampled_from([(1, 1), (2, 3), (61, 31), (101, 40)]),
       wide=st.floats(1.01, 2.5), tall=st.floats(1.01, 3.0), least=st.sampled_from([0.004, 0.1]))
def test_the_grid_is_that_of_every_cell_by_itself(seed, options, points, wide, tall, least):
    terms = book(seed, options, least)
    k, volatility = np.geomspace(1 / wide, wide, points[0]), np.geomspace(1 / tall, tall, points[1])
    rows = np.zeros((15, len(volatility), len(k)))
    left = surfaces.add(rows, terms, k, volatility)
    assert len(left) == 0
    assert np.abs(rows - by_cell(terms, range(len(terms.row)), k, volatility)).max() <= 1e-12 * size(terms, k)


def test_options_of_all_widths_take_few_nodes_or_each_place():
    terms, k, volatility = book(3, 40), np.geomspace(0.6, 1.6, 161), np.linspace(0.6, 1.6, 61)
    found = surfaces._surfaces(terms, k, volatility)
    assert {surface.count for surface in found} >= {0, 32, 64, 128}
    seen = np.concatenate([surface.members.ravel() for surface in found])
    assert np.array_equal(np.sort(seen), np.arange(len(terms.row)))
    assert len(surfaces._nodes_of_volatility(volatility)[0]) < len(volatility)


@pytest.mark.parametrize("name", ["SMOOTH", "DIGITS"])
def test_what_does_not_hold_is_left_to_be_priced_cell_by_cell(name, monkeypatch):
    terms, k, volatility = book(4, 10, least=0.05), np.geomspace(0.6, 1.6, 161), np.geomspace(0.3, 3.0, 61)
    monkeypatch.setattr(surfaces, name, 0.5)
    rows = np.ones((15, 61, 161))
    assert np.array_equal(surfaces.add(rows, terms, k, volatility), np.arange(len(terms.row)))
    assert (rows == 1.0).all()


def test_terms_that_stand_still_are_shifted_or_sharp_are_left():
    terms = book(5, 4)
    terms.shift[0], terms.scale[7], terms.v[9] = 3.0, 0.0, 0.0
    k, volatility = np.linspace(0.8, 1.2, 9), np.array([0.5, 1.0])
    rows = np.zeros((15, 2, 9))
    left = surfaces.add(rows, terms, k, volatility)
    assert left.tolist() == [0, 7, 9]
    others = np.setdiff1d(np.arange(len(terms.row)), left)
    assert np.abs(rows - by_cell(terms, others, k, volatility)).max() <= 1e-12 * size(terms, k)


@pytest.mark.parametrize("k, volatility", [([], [1.0]), ([1.0], []), ([0.0, 1.0], [1.0]), ([1.0], [0.0, 1.0])])
def test_nothing_is_read_where_a_logarithm_has_no_value(k, volatility):
    terms, k, volatility = book(6, 2), np.array(k), np.array(volatility)
    rows = np.zeros((15, len(volatility), len(k)))
    assert len(surfaces.add(rows, terms, k, volatility)) == len(terms.row)
    assert (rows == 0.0).all()


@given(count=st.integers(2, 40), low=st.floats(-3, 3), width=st.floats(0.1, 5), seed=st.integers(0, 1000))
def test_polynomials_are_interpolated_to_the_last_digits_and_nodes_keep_their_values(count, low, width, seed):
    rng = np.random.default_rng(seed)
    polynomial = np.polynomial.Chebyshev(rng.normal(size=count), domain=(low, low + width))
    nodes = chebyshev.nodes(low, low + width, count)
    at = np.concatenate([rng.uniform(low, low + width, 20), nodes[:3], [low, low + width]])
    values = polynomial(nodes) @ chebyshev.weights(low, low + width, count, at)
    assert np.abs(values - polynomial(at)).max() <= 1e-10 * count
    assert np.array_equal(values[20:20 + len(nodes[:3])], polynomial(nodes)[:3])
