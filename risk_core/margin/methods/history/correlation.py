"""Correlation matrices of underlyings: from the pairs of a market, and the nearest one where the pairs contradict.

Repair: N. Higham, "Computing the nearest correlation matrix - a problem from finance", IMA Journal of Numerical
Analysis 22 (2002): alternating projections with Dykstra's correction, nearest in Frobenius norm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....arrays import Floats

LEAST = -1e-12
"""Eigenvalue from which on a matrix counts as positive semidefinite."""
STEPS = 10_000
CLOSE = 1e-14


@dataclass(frozen=True, eq=False)
class Repaired:
    """A correlation matrix (n, n). moved: largest change of an entry; distance: Frobenius norm of the change."""

    matrix: Floats
    moved: float
    distance: float

    @property
    def changed(self) -> bool:
        return self.distance > 0.0


def of_market(pairs: Mapping[str, float], names: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    """The matrix of `names` from pairs such as BTC/ETH, and the pairs that are not given, taken as 0."""
    matrix, absent = np.eye(len(names)), []
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            given = pairs.get(f"{one}/{other}", pairs.get(f"{other}/{one}"))
            matrix[i, j] = matrix[j, i] = given or 0.0
            if given is None:
                absent.append(f"{other}/{one}")
    return matrix, tuple(absent)


def repaired(matrix: Floats) -> Repaired:
    """The nearest correlation matrix; `matrix` itself, symmetric with ones on its diagonal, where it already is one."""
    if _least(matrix) >= LEAST:
        return Repaired(matrix, 0.0, 0.0)
    found, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(STEPS):
        before = found
        wanted = found - correction
        inside = _raised(wanted)
        correction = inside - wanted
        found = inside.copy()
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max() < CLOSE:
            break
    inside = _raised(found)
    deviation = np.sqrt(np.diag(inside))
    found = inside / np.outer(deviation, deviation)
    np.fill_diagonal(found, 1.0)
    change = found - matrix
    return Repaired(found, float(np.abs(change).max()), float(np.linalg.norm(change)))


def root(matrix: Floats) -> Floats:
    """A with A Aᵀ = matrix, for one that is positive semidefinite; the symmetric root, so no order of names matters."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _least(matrix: Floats) -> float:
    return float(np.linalg.eigvalsh(matrix)[0])


def _raised(matrix: Floats) -> Floats:
    """The nearest matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)
