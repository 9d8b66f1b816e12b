"""Groups of underlyings that are looked at row by row together, gains counted in part.

Source: OCC, TIMS: classes of a product group at the same valuation point, gains offset losses by a percentage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ....arrays import Floats
from ....rulebooks.offsets import Member, OffsetRules


def relief(rules: OffsetRules | None, profit: Mapping[str, Floats], alone: Mapping[str, Floats],
           least: Mapping[str, Floats]) -> dict[str, Floats]:
    """What each underlying is relieved of, dollars (S,), from 0 to what it is charged alone.

    profit: (S, K) of its rows, K the same in a group; alone: (S,) its charge by itself; least: (S,) what of it nothing
    offsets. The relief of a group is shared in proportion to what its members are charged alone.
    """
    out: dict[str, Floats] = {}
    for members in _groups(rules, profit):
        own = np.sum([alone[member.underlying] for member in members], axis=0)
        charged = members[0].apart * own + (1.0 - members[0].apart) * _together(members, profit, least)
        less = np.maximum(own - charged, 0.0)
        for member in members:
            mine = alone[member.underlying]
            out[member.underlying] = less * np.divide(mine, own, out=np.zeros_like(own), where=own > 0)
    return out


def _groups(rules: OffsetRules | None, held: Mapping[str, Floats]) -> list[Sequence[Member]]:
    members = [] if rules is None else [member for member in rules.groups if member.underlying in held]
    return [[one for one in members if one.group == name] for name in dict.fromkeys(one.group for one in members)]


def _together(members: Sequence[Member], profit: Mapping[str, Floats], least: Mapping[str, Floats]) -> Floats:
    """The worst row of all members, gains counted in part, and at least what nothing offsets; dollars (S,)."""
    rows = [profit[one.underlying] for one in members]
    counted = [np.where(row > 0, one.gains * row, row) for one, row in zip(members, rows, strict=True)]
    worst = (-np.sum(counted, axis=0)).max(axis=1)
    return np.asarray(np.maximum(worst, np.sum([least[one.underlying] for one in members], axis=0)))
