"""Interpolation of smooth functions in Chebyshev nodes of the first kind, by the barycentric formula.

Source: J.-P. Berrut and L. N. Trefethen, "Barycentric Lagrange Interpolation", SIAM Review 46 (2004).
"""

from __future__ import annotations

import numpy as np

from ..arrays import Floats


def nodes(low: float, high: float, count: int) -> Floats:
    """The nodes of `low` … `high`, ascending, (count,)."""
    return np.asarray(0.5 * (low + high) - 0.5 * (high - low) * np.cos(_angles(count)))


def weights(low: float, high: float, count: int, at: Floats) -> Floats:
    """What turns values at the nodes (…, count) into values at points `at` (n,) between, (count, n)."""
    share = np.asarray(at - nodes(low, high, count)[:, None])
    node, place = np.nonzero(share == 0)
    share[node, place] = 1.0
    np.divide((np.sin(_angles(count)) * (-1.0) ** np.arange(count))[:, None], share, out=share)
    share /= share.sum(axis=0)
    share[:, place] = 0.0
    share[node, place] = 1.0
    return share


def _angles(count: int) -> Floats:
    return np.asarray((np.arange(count) + 0.5) * np.pi / count)
