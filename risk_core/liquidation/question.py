"""One question of where something is below zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Floats, Ints
from ..margin.holding import Holding
from ..rulebooks.options import OptionRules


@dataclass(frozen=True, eq=False)
class Question:
    """Where is `what` of one bucket below zero, when prices are multiplied by 1 + beta (k - 1)? beta: (U,).

    second: the choices between two charges in which the second is asked for, see `variants.py`.
    """

    holding: Holding
    bucket: int
    beta: Floats
    what: Literal["buffer", "equity"] = "buffer"
    second: frozenset[int] = frozenset()

    @property
    def moved(self) -> Ints:
        return np.flatnonzero(self.beta)

    @property
    def scans(self) -> bool:
        return self.what == "buffer" and self.holding.charge == "scan"

    @property
    def sampled(self) -> bool:
        """Whether the answer is found by sampling, because a method charges the pool that rows cannot say."""
        return self.what == "buffer" and self.holding.charge == "method"

    @property
    def asks_options(self) -> OptionRules | None:
        """The rules by which options are charged one by one in this question; None where they are not."""
        plain = self.what == "buffer" and self.holding.charge == "tiered"
        return self.holding.rules.options if plain else None

    @property
    def moving(self) -> Ints:
        """The bucket's nets whose underlying moves, in their order."""
        nets = self.holding.nets
        beta = self.beta[self.holding.account.instruments.underlying[nets.instrument]]
        return np.flatnonzero((nets.bucket == self.bucket) & (beta != 0))
