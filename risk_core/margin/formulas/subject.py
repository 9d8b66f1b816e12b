"""What formulas are asked about: one mode of a comparison."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import Problem, Refused
from ..compare import Comparison, ModeResult
from ..pools import named
from .levels import Found
from .scene import Scene, present


@dataclass(frozen=True, eq=False)
class Subject:
    """One mode of a comparison, about which figures are asked."""

    result: Comparison
    mode: ModeResult
    found: Found

    @property
    def scene(self) -> Scene:
        return self.found.scene

    def leg(self, name: str) -> int:
        """Number of a leg. Raises Refused."""
        ids = self.result.account.book.ids
        if name not in ids:
            raise Refused([Problem("positions", name, "is not the id of an enabled position")])
        return ids.index(name)

    def bucket(self, who: str) -> int:
        """Number of a bucket. Raises Refused."""
        holding = self.scene.holding
        ids = [holding.nets.who(holding.account, bucket) for bucket in range(holding.nets.buckets)]
        if who not in ids:
            raise Refused([Problem("positions", named(who), f"is no pool or isolated leg in {self.mode.title}")])
        return ids.index(who)

    def underlying(self, name: str) -> int:
        """Number of an underlying. Raises Refused."""
        if name not in self.mode.liquidation:
            raise Refused([Problem("market.underlyings", name, "is not the underlying of a position or a balance")])
        return self.result.account.underlyings.index(name)


def subject(result: Comparison, mode: str) -> Subject:
    """One mode of a comparison. Raises Refused where it is not in it."""
    if mode not in result.modes:
        raise Refused([Problem("modes", mode, result.unavailable.get(mode, "is not a margin mode of this comparison"))])
    return Subject(result, result.modes[mode], Found(present(result.account, result.rulebook, mode)))
