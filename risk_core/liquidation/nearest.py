"""The smallest joint move of two coins that liquidates: a reverse stress test on the frontier.

Small is measured in standard deviations of the two log prices together: z' Σ⁻¹ z with daily volatilities and
correlation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..arrays import Flags, Floats, Ints
from ..margin.holding import Holding, margin
from ..portfolio.deviation import daily_volatility
from .lines import ZERO
from .walks import HIGHEST, LOWEST

RAYS, STEPS, NODES = 360, 300, 601
APART, FEW, SLACK = 6, 301, 1.2
"""The first look, to see how far is enough: every so many rays, nodes of its ladders, and how much farther is safe."""
FAN, SECTIONS, ROUNDS = 9, 17, 6
TINY = 1e-300
FARTHEST = 60.0
"""Daily standard deviations looked at."""
CLOSEST_TO_ONE = 0.9999


@dataclass(frozen=True, slots=True)
class JointMove:
    """Price factors of two underlyings at the nearest point of the frontier, and its distance in daily sigmas."""

    names: tuple[str, str]
    factors: tuple[float, float]
    sigmas: float


@dataclass(frozen=True, eq=False)
class Spread:
    """Daily volatilities (a decimal) of two underlyings, the correlation of their daily returns, and its source."""

    volatilities: tuple[float, float]
    correlation: float
    source: str

    @property
    def bounded(self) -> float:
        """The correlation, kept from ±1, where Σ has no inverse."""
        return min(max(self.correlation, -CLOSEST_TO_ONE), CLOSEST_TO_ONE)

    def ellipse(self, sigmas: float, points: int = 90) -> tuple[Floats, Floats]:
        """Price factors on the ellipse `sigmas` away from now, (points,) each; none beyond the end of a walk."""
        angle = np.linspace(0.0, 2.0 * np.pi, points)
        moves = self.moves(np.stack([np.cos(angle), np.sin(angle)], axis=1) * sigmas)
        factors = np.exp(np.clip(moves, math.log(LOWEST), math.log(HIGHEST)))
        return factors[:, 0], factors[:, 1]

    def moves(self, standard: Floats) -> Floats:
        """Log price moves (n, 2) of independent standard moves (n, 2): the Cholesky factor of Σ."""
        rho = self.bounded
        first = self.volatilities[0] * standard[:, 0]
        second = self.volatilities[1] * (rho * standard[:, 0] + math.sqrt(1.0 - rho * rho) * standard[:, 1])
        return np.stack([first, second], axis=1)


def spread(holding: Holding, names: tuple[str, str]) -> Spread | None:
    """How two underlyings move, None when the market gives no volatility of one of them."""
    market = holding.account.market
    first, second = (daily_volatility(market.underlyings[name])[0] for name in names)
    if first is None or second is None:
        return None
    keys = "/".join(names), "/".join(reversed(names))
    given = [market.correlation[key] for key in keys if key in market.correlation]
    source = "correlation of the market data" if given else "no correlation in the market data: taken as 0"
    return Spread((first, second), given[0] if given else 0.0, source)


def nearest(holding: Holding, names: tuple[str, str]) -> JointMove | None:
    """The smallest joint move of `names` that liquidates a bucket; None when none within FARTHEST sigmas does."""
    how = spread(holding, names)
    if how is None:
        return None
    angle = np.linspace(0.0, 2.0 * np.pi, RAYS, endpoint=False)
    radius = FARTHEST * (np.arange(STEPS + 1) / STEPS) ** 2
    some = _least(holding, names, how, _rays(angle[::APART]), radius, FEW)
    radius = radius[:_enough(some, radius)]
    least = _least(holding, names, how, _rays(angle), radius, NODES)
    dead = least < 0
    if not dead.any():
        return None
    first = dead.argmax(axis=1)
    best = int(np.where(dead.any(axis=1), _crossing(least, radius, first), np.inf).argmin())
    return _refine(holding, names, how, float(angle[best]), radius[max(first[best] - 2, 0)], radius[first[best]])


def _enough(least: Floats, radius: Floats) -> int:
    """How many radii need be looked at, where some rays (rays, radii) turn negative; all where none does."""
    dead = (least < 0).any(axis=0)
    return int(np.searchsorted(radius, SLACK * radius[dead.argmax()])) + 2 if dead.any() else len(radius)


def _crossing(least: Floats, radius: Floats, first: Ints) -> Floats:
    """Radius at which each ray turns negative, between its first liquidated point and the one before, (rays,)."""
    rays, before = np.arange(len(first)), np.maximum(first - 1, 0)
    alive, dead = least[rays, before], least[rays, first]
    share = np.where(first > 0, alive / np.where(alive > dead, alive - dead, 1.0), 0.0)
    return np.asarray(radius[before] + share * (radius[first] - radius[before]))


def _rays(angle: Floats) -> Floats:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _least(holding: Holding, names: tuple[str, str], how: Spread, rays: Floats, radius: Floats,
           nodes: int) -> Floats:
    """The least buffer along each ray, (rays, radii) dollars, from ladders of each coin at so many nodes; below 0 is
    liquidated.
    """
    moves = how.moves((rays[:, None, :] * radius[None, :, None]).reshape(-1, 2))
    moves = np.clip(moves, math.log(LOWEST), math.log(HIGHEST))
    grids = [np.linspace(moves[:, i].min(), moves[:, i].max(), nodes) for i in (0, 1)]
    ladders = [_buffer(holding, names[i], np.exp(grids[i])) for i in (0, 1)]
    now = _buffer(holding, names[0], np.ones(1))[0]
    places = [_places(moves[:, i], grids[i]) for i in (0, 1)]
    least = np.full(len(moves), np.inf)
    for bucket in range(ladders[0].shape[1]):
        parts = [_between(ladders[i][:, bucket], *places[i]) for i in (0, 1)]
        np.minimum(least, parts[0] + parts[1] - now[bucket], out=least)
    return np.asarray((least + ZERO * holding.size).reshape(len(rays), len(radius)))


def _places(values: Floats, grid: Floats) -> tuple[Ints, Floats]:
    """Where values stand on an even grid: the node before each and the share of the way to the next."""
    steps = (values - grid[0]) * ((len(grid) - 1) / max(grid[-1] - grid[0], TINY))
    before = np.minimum(steps.astype(np.int64), len(grid) - 2)
    return before, steps - before


def _between(ladder: Floats, before: Ints, share: Floats) -> Floats:
    rise = np.diff(ladder)
    return np.asarray(ladder[before] + share * rise[before])


def _buffer(holding: Holding, name: str, factors: Floats) -> Floats:
    at = holding.account.underlyings.index(name)
    states = np.ones((len(factors), len(holding.account.underlyings)))
    states[:, at] = factors
    found = margin(holding, states)
    return np.asarray(found.equity - found.maintenance)


def _refine(holding: Holding, names: tuple[str, str], how: Spread, angle: float, low: float,
            high: float) -> JointMove:
    """The first liquidated point near one ray between radii `low` and `high`, with exact figures.

    Each round looks at a narrower fan of rays and a narrower range of radii around the best point so far.
    """
    width = 2.0 * np.pi / RAYS
    for _ in range(ROUNDS):
        angles, radii = angle + width * np.linspace(-1.0, 1.0, FAN), np.linspace(low, high, SECTIONS)
        dead = _exactly_dead(holding, names, how, _rays(angles), radii)
        if not dead.any():
            break
        first = np.where(dead.any(axis=1), dead.argmax(axis=1), SECTIONS)
        best = min(range(FAN), key=lambda ray: (first[ray], abs(ray - FAN // 2)))
        angle, width = float(angles[best]), width * 0.4
        low, high = float(radii[max(first[best] - 2, 0)]), float(radii[first[best]])
    factors = np.exp(how.moves(_rays(np.array([angle])) * high))[0]
    return JointMove(names, (float(factors[0]), float(factors[1])), high)


def _exactly_dead(holding: Holding, names: tuple[str, str], how: Spread, rays: Floats, radii: Floats) -> Flags:
    order = [holding.account.underlyings.index(name) for name in names]
    moves = how.moves((rays[:, None, :] * radii[None, :, None]).reshape(-1, 2))
    states = np.ones((len(moves), len(holding.account.underlyings)))
    states[:, order] = np.exp(np.clip(moves, math.log(LOWEST), math.log(HIGHEST)))
    found = margin(holding, states)
    dead = (found.equity - found.maintenance < -ZERO * holding.size).any(axis=1)
    return np.asarray(dead.reshape(len(rays), len(radii)))
