"""Weighted calls, of which everything that bends along a walk is made; see `liquidation/walks.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...arrays import Floats, Ints


@dataclass(frozen=True, eq=False)
class Terms:
    """Weighted calls, all (T,): row they belong to, weight, shift, scale, strike, total volatility v."""

    row: Ints
    weight: Floats
    shift: Floats
    scale: Floats
    strike: Floats
    v: Floats

    @staticmethod
    def join(parts: Sequence[Terms]) -> Terms:
        """All terms, ordered by row."""
        columns = [np.concatenate([getattr(part, name) for part in parts]) if parts else np.zeros(0)
                   for name in ("row", "weight", "shift", "scale", "strike", "v")]
        order = np.argsort(columns[0], kind="stable")
        return Terms(columns[0][order].astype(np.int64), *(column[order] for column in columns[1:]))
