"""The moves of one underlying, and how a function of its price under all of them is had from its values at few.

Where volatility stands still, an option is a smooth function of the log of its forward. Its Chebyshev interpolant in n
nodes over moves that span ±h in log price is within 4e-14 of the forward where n v ÷ h ≥ 8, v = σ√T (measured; the
error falls like a Gaussian of n v ÷ h, 1e-9 at 5). Sharper options, and few moves, are valued at every move.
Source: L. N. Trefethen, Approximation Theory and Approximation Practice, 2013, ch. 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....arrays import Floats
from ....valuation import chebyshev

NODES = 64
SMOOTH = 8.0
"""N v ÷ h from which on the interpolant is exact to rounding."""


@dataclass(frozen=True, eq=False)
class Column:
    """Relative moves (K,) of one underlying."""

    move: Floats

    @cached_property
    def _span(self) -> tuple[float, float]:
        """Least and largest move in log price."""
        log = np.log1p(self.move)
        return float(log.min()), float(log.max())

    @property
    def sharpest(self) -> float:
        """Total volatility from which on nodes will do; infinite where they would not save anything."""
        half = 0.5 * (self._span[1] - self._span[0])
        return SMOOTH * half / NODES if len(self.move) >= 2 * NODES and half > 0 else np.inf

    @cached_property
    def nodes(self) -> Floats:
        """Moves at the nodes, (NODES,)."""
        return np.asarray(np.expm1(chebyshev.nodes(*self._span, NODES)))

    @cached_property
    def weights(self) -> Floats:
        """What turns values at the nodes (…, NODES) into values at the moves (…, K), (NODES, K)."""
        return chebyshev.weights(*self._span, NODES, np.log1p(self.move))
