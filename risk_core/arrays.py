"""Array types of the core and the one way columns are frozen.

Axis letters, the same everywhere: P positions (legs), I instruments, N nets, U underlyings, B buckets,
S states asked for, K scenario rows, L ladder nodes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def frozen(values: ArrayLike, dtype: Any = np.float64) -> Any:
    """A read-only, contiguous copy of `values`."""
    out = np.array(values, dtype=dtype, order="C")
    out.setflags(write=False)
    return out


def exact_sums(values: Iterable[float], slots: Iterable[int], count: int) -> Floats:
    """Sum `values` into `count` slots, each sum exact and so independent of the order of its terms (law A3)."""
    parts: list[list[float]] = [[] for _ in range(count)]
    for value, slot in zip(values, slots, strict=True):
        parts[slot].append(float(value))
    return np.array([math.fsum(part) for part in parts], dtype=np.float64)


def exact_rows(values: Floats) -> Floats:
    """The exact sum of each row of `values` (S, n), (S,)."""
    return np.array([math.fsum(row) for row in values], dtype=np.float64)
