"""Correlation matrices: what pairs of a market make, and the repair of one that no variances have."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin.methods.history.correlation import of_market, repaired, root

F12 = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]])


@st.composite
def symmetric(draw, most=6):
    n = draw(st.integers(1, most))
    matrix = np.eye(n)
    for i in range(n):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = draw(st.floats(-1.0, 1.0))
    return matrix


@given(matrix=symmetric())
def test_R12_the_repair_is_a_correlation_matrix_and_its_own_repair(matrix):
    found = repaired(matrix)
    assert np.array_equal(np.diag(found.matrix), np.ones(len(matrix))) and np.allclose(found.matrix, found.matrix.T, atol=1e-15)
    assert np.linalg.eigvalsh(found.matrix)[0] >= -1e-12
    again = repaired(found.matrix)
    assert not again.changed and again.matrix is found.matrix
    assert found.moved == np.abs(found.matrix - matrix).max()
    if np.linalg.eigvalsh(matrix)[0] >= -1e-12:
        assert found.matrix is matrix and found.distance == 0.0


def test_R12_F12_moves_each_entry_by_four_tenths():
    found = repaired(F12)
    assert np.allclose(found.matrix, [[1, 0.5, 0.5], [0.5, 1, -0.5], [0.5, -0.5, 1]], atol=1e-7)
    assert found.moved == pytest.approx(0.4, abs=1e-7) and found.distance == pytest.approx(0.4 * np.sqrt(6), abs=1e-6)


@given(matrix=symmetric(4), seed=st.integers(0, 1000))
def test_no_drawn_correlation_matrix_is_nearer(matrix, seed):
    """Against random candidates; between the repair and each of them the distance never falls below the repair's."""
    found = repaired(matrix)
    draw = np.random.default_rng(seed).normal(size=(len(matrix), len(matrix) + 1))
    other = draw @ draw.T
    other /= np.sqrt(np.outer(np.diag(other), np.diag(other)))
    for share in (1.0, 0.1, 0.001):
        between = share * other + (1.0 - share) * found.matrix
        assert found.distance <= np.linalg.norm(between - matrix) + 1e-6


@given(matrix=symmetric(), weights=st.lists(st.floats(-10, 10), min_size=6, max_size=6))
def test_R10_R11_the_norm_of_a_repaired_matrix(matrix, weights):
    w = np.array(weights[: len(matrix)])
    half = root(repaired(matrix).matrix)
    size = np.linalg.norm(half @ w)
    assert np.isclose(size**2, w @ repaired(matrix).matrix @ w, atol=1e-9)
    assert size <= np.abs(w).sum() + 1e-9
    assert np.isclose(np.linalg.norm(root(np.eye(len(w))) @ w), np.linalg.norm(w))
    assert np.isclose(np.linalg.norm(root(np.ones((len(w), len(w)))) @ w), abs(w.sum()), atol=1e-6)


def test_F12_without_repair_there_is_no_variance():
    w = np.array([1.0, -1.0, -1.0])
    assert w @ F12 @ w == pytest.approx(-2.4) and w @ repaired(F12).matrix @ w >= -1e-12


def test_pairs_in_either_order_and_those_that_are_not_given():
    matrix, absent = of_market({"ETH/BTC": 0.8, "SOL/BTC": 0.7}, ("BTC", "ETH", "SOL"))
    assert matrix[0, 1] == matrix[1, 0] == 0.8 and matrix[0, 2] == 0.7 and matrix[1, 2] == 0.0
    assert absent == ("ETH/SOL",)
