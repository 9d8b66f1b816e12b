"""What option legs of one coin are called together: shapes by right, sign, ratio and order of strikes.

A leg's size counts in units of the underlying. Every function takes legs in order of strike, a put before a call at one
strike, and gives the shape's name or None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

SAME_SIZE = 1e-6
"""Relative difference below which two option sizes are one size."""


class Piece(NamedTuple):
    """One leg as the shapes see it. units: signed, of the underlying; dollars: signed notional at the mark."""

    at: int
    id: str
    underlying: str
    kind: str
    inverse: bool
    expiry: datetime
    right: str
    strike: float
    units: float
    dollars: float


def same(one: float, other: float, tolerance: float = SAME_SIZE) -> bool:
    """True when two sizes are one, whatever their signs."""
    return math.isclose(abs(one), abs(other), rel_tol=tolerance)


def four(legs: Sequence[Piece]) -> str | None:
    """Condors, iron butterfly, box: four legs of one size and expiry."""
    signs = _signs(legs)
    strikes = [leg.strike for leg in legs]
    rights = "".join(leg.right[0] for leg in legs)
    rising = strikes[0] < strikes[1] <= strikes[2] < strikes[3]
    if rights == "ppcc" and rising and signs in ("+--+", "-++-"):
        title = "iron condor" if strikes[1] < strikes[2] else "iron butterfly"
        return title if signs == "+--+" else f"reverse {title}"
    if rights in ("cccc", "pppp") and rising and strikes[1] < strikes[2] and signs in ("+--+", "-++-"):
        return f"{_side(signs[0])} {legs[0].right} condor"
    if rights == "pcpc" and strikes[0] == strikes[1] < strikes[2] == strikes[3] and signs in ("-++-", "+--+"):
        return "long box" if signs == "-++-" else "short box"
    return None


def three(legs: Sequence[Piece]) -> str | None:
    """Butterflies: two wings of one size and a body of twice it, on the other side."""
    low, body, high = legs
    if len({leg.right for leg in legs}) > 1 or not low.strike < body.strike < high.strike:
        return None
    if not (same(low.units, high.units) and same(body.units, 2 * low.units)) or _signs(legs) not in ("+-+", "-+-"):
        return None
    title = f"{_side(_signs(legs)[0])} {low.right} butterfly"
    even = math.isclose(body.strike - low.strike, high.strike - body.strike, rel_tol=1e-6)
    return title if even else title.replace("butterfly", "broken-wing butterfly")


def two(legs: Sequence[Piece]) -> str | None:
    """Straddle, strangle, vertical spread, risk reversal, synthetic: two legs of one size and expiry."""
    low, high = legs
    if not same(low.units, high.units):
        return None
    signs = _signs(legs)
    if low.right == high.right:
        if low.strike == high.strike or signs[0] == signs[1]:
            return None
        return f"{'bull' if signs == '+-' else 'bear'} {low.right} spread"
    if signs[0] == signs[1]:
        title = "straddle" if low.strike == high.strike else "strangle" if low.right == "put" else "guts"
        return f"{_side(signs[0])} {title}"
    call = low if low.right == "call" else high
    title = "synthetic future" if low.strike == high.strike else "risk reversal"
    return f"{_side('+' if call.units > 0 else '-')} {title}"


def ratio(legs: Sequence[Piece]) -> str | None:
    """Two legs of one right and expiry against each other in unequal sizes."""
    low, high = legs
    opposite = low.units * high.units < 0
    if low.right != high.right or low.strike == high.strike or not opposite or same(low.units, high.units):
        return None
    return f"{low.right} ratio spread"


def across(legs: Sequence[Piece]) -> str | None:
    """Calendar and diagonal: one right and size, two expiries, against each other."""
    near, far = sorted(legs, key=lambda leg: leg.expiry)
    alike = near.right == far.right and same(near.units, far.units)
    if not alike or near.expiry == far.expiry or near.units * far.units > 0:
        return None
    title = "calendar" if near.strike == far.strike else "diagonal"
    return f"{_side('+' if far.units > 0 else '-')} {near.right} {title}"


def hedged(holding: Piece, option: Piece) -> str | None:
    """One option over as much of its coin."""
    sides = (holding.units > 0, option.right, option.units > 0)
    return {(True, "call", False): "covered call", (True, "put", True): "protective put",
            (False, "put", False): "covered put", (False, "call", True): "protective call"}.get(sides)


def collar(holding: Piece, put: Piece, call: Piece) -> str | None:
    """A holding between a bought and a sold option."""
    if put.strike >= call.strike or put.expiry != call.expiry:
        return None
    sides = (holding.units > 0, put.units > 0, call.units > 0)
    return {(True, True, False): "collar", (False, False, True): "short collar"}.get(sides)


def _signs(legs: Sequence[Piece]) -> str:
    return "".join("+" if leg.units > 0 else "-" for leg in legs)


def _side(sign: str) -> str:
    return "long" if sign == "+" else "short"
