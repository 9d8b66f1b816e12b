"""The shipped daily log returns and the named stress days; where they come from: SOURCE.md beside the files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from ..arrays import Floats, frozen

SERIES, STRESS = "daily_log_returns.csv", "stress_log_returns.csv"


@dataclass(frozen=True, eq=False)
class Returns:
    """Daily log returns (T, C) of coins `names` on days `dates` (ISO, rising); NaN where a coin has none."""

    dates: tuple[str, ...]
    names: tuple[str, ...]
    log: Floats

    def of(self, name: str) -> Floats:
        """The column of one coin, (T,)."""
        return np.asarray(self.log[:, self.names.index(name)])


@cache
def daily() -> Returns:
    """Daily log returns of the majors."""
    return _read(SERIES)


@cache
def stress() -> Returns:
    """Log returns of the named stress days."""
    return _read(STRESS)


def _read(name: str) -> Returns:
    head, *lines = (files(__package__) / name).read_text("utf-8").splitlines()
    rows = [line.split(",") for line in lines]
    log = [[float(cell) if cell else math.nan for cell in cells] for _, *cells in rows]
    return Returns(tuple(row[0] for row in rows), tuple(head.split(",")[1:]), frozen(log))
