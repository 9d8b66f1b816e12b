"""One question of where something is below zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Floats, Ints
from ..margin.holding import Holding


@dataclass(frozen=True, eq=False)
class Question:
    """Where is `what` of one bucket below zero, when prices are multiplied by 1 + beta (k - 1)? beta: (U,)."""

    holding: Holding
    bucket: int
    beta: Floats
    what: Literal["buffer", "equity"] = "buffer"

    @property
    def moved(self) -> Ints:
        return np.flatnonzero(self.beta)

    @property
    def scans(self) -> bool:
        return self.what == "buffer" and self.holding.mode.charge == "scan"
