"""Black-76: undiscounted prices of European options on a forward, their Greeks and implied volatility.

F and K in dollars per unit of the underlying, v = σ√T the total volatility (a decimal, 0 allowed), T in years.
Discounting and settlement are the caller's: a linear option is worth D·B dollars, an inverse one D·B/F coins.
Source: F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from ..arrays import Flags, Floats
from . import blocks, kernels
from .blocks import elementwise

TINY = 1e-9
"""Total volatility below which an option is worth its intrinsic value to the last bit."""
HUGE = 80.0
"""Total volatility at which a call is worth its forward to the last bit."""
LARGE = blocks.SPREAD
"""Cells from which the form of one exponential is used: 1e-14·max(F, K) from the value, in two thirds of the time."""
_LOWEST = -745.0
"""Logarithm of the smallest number there is; of a strike of 0 for the form that divides by it."""
_SQRT_2PI = 0.39894228040143267794


def call(F: ArrayLike, K: ArrayLike, v: ArrayLike) -> Floats:
    """Undiscounted call, dollars per unit; any broadcastable shapes, F > 0, K ≥ 0, v ≥ 0.

    Fastest with F and K no larger than they need be: their logarithms are separate.
    """
    return price(F, K, v, is_call=True)


def price(F: ArrayLike, K: ArrayLike, v: ArrayLike, is_call: ArrayLike) -> Floats:
    """Undiscounted call or put (`is_call` false), dollars per unit; puts by parity C - P = F - K, at least 0."""
    columns = (*_with_logarithms(F, K, v), np.asarray(is_call))
    if math.prod(np.broadcast_shapes(*(column.shape for column in columns))) < LARGE:
        return elementwise(_price, *columns)
    return elementwise(_price_of_many, *columns, block=blocks.WIDE_BLOCK)


def _with_logarithms(F: ArrayLike, K: ArrayLike, v: ArrayLike) -> tuple[Floats, ...]:
    """F, K, ln F, ln K, v as arrays of doubles; the logarithm once of each number given, not of each cell."""
    F, K, v = (np.asarray(x, dtype=np.float64) for x in (F, K, v))
    with np.errstate(divide="ignore"):  # a strike of 0 is infinitely far in the money
        return F, K, np.asarray(np.log(F)), np.asarray(np.log(K)), v


def _call(F: Floats, K: Floats, log_F: Floats, log_K: Floats, v: Floats) -> Floats:
    """F Φ(t+w) - K Φ(t-w) with t = ln(F/K)/v, w = v/2; in place, as fresh memory costs more than the arithmetic."""
    sharp = bool(v.min(initial=TINY) < TINY)
    safe_v = np.maximum(v, TINY) if sharp else v
    value = np.asarray((log_F - log_K) / safe_v)
    half = 0.5 * safe_v
    paid = np.asarray(value - half)
    value += half
    ndtr(value, out=value)
    ndtr(paid, out=paid)
    value *= F
    paid *= K
    value -= paid
    return np.where(v < TINY, np.maximum(F - K, 0.0), value) if sharp else value


def _price(F: Floats, K: Floats, log_F: Floats, log_K: Floats, v: Floats, is_call: Flags) -> Floats:
    value = _call(F, K, log_F, log_K, v)
    if is_call.all():
        return np.asarray(np.maximum(value, 0.0, out=value))
    value = np.asarray(value - np.where(is_call, 0.0, F - K))
    return np.asarray(np.maximum(value, 0.0, out=value))


def _price_of_many(F: Floats, K: Floats, log_F: Floats, log_K: Floats, v: Floats, is_call: Flags) -> Floats:
    """The same by `kernels`, for a block of a large array; cells of volatilities they do not cover by `_price`."""
    low, high = v.min(), v.max()
    covered = v if low >= TINY and high <= kernels.WIDEST else np.clip(v, TINY, kernels.WIDEST)
    value = kernels.price(F, K, log_F, np.maximum(log_K, _LOWEST), covered, np.asarray(1.0 - is_call))
    np.maximum(value, 0.0, out=value)
    if covered is not v:
        columns = np.broadcast_arrays(F, K, log_F, log_K, v, is_call)
        apart = (columns[4] < TINY) | (columns[4] > kernels.WIDEST)
        value[apart] = _price(*(column[apart] for column in columns))
    return value


def call_and_delta(F: Floats, K: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Undiscounted call and its derivative to F, equal shapes; v = 0 gives max(F - K, 0), also for F ≤ 0 or K ≤ 0."""
    sharp = v < TINY
    v = np.where(sharp, 1.0, v)
    safe_F, safe_K = np.where(sharp, 1.0, F), np.where(sharp, 1.0, K)
    d1 = np.log(safe_F / safe_K) / v + 0.5 * v
    delta = ndtr(d1)
    value = F * delta - K * ndtr(d1 - v)
    inside = F > K
    return np.where(sharp, np.where(inside, F - K, 0.0), value), np.where(sharp, inside, delta)


def implied_total_volatility(value: Floats, F: Floats, K: Floats, is_call: Flags) -> Floats:
    """The v at which Black-76 gives the undiscounted `value` (dollars per unit), all shapes (n,).

    By bisection on the out-of-the-money price, to the last bit that the price determines. A value at or below its
    lower bound gives 0, at or above its upper bound HUGE; refuse such values before, see `bounds`.
    """
    time_value = value - np.maximum(np.where(is_call, F - K, K - F), 0.0)
    low, high = np.zeros_like(F), np.full_like(F, HUGE)
    for _ in range(120):
        middle = 0.5 * (low + high)
        above = _out_of_the_money(F, K, middle) > time_value
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(time_value <= 0.0, 0.0, 0.5 * (low + high))


def bounds(F: float, K: float, is_call: bool) -> tuple[float, float]:
    """Lowest and highest undiscounted price free of arbitrage, dollars per unit."""
    return (max(F - K, 0.0), F) if is_call else (max(K - F, 0.0), K)


def _out_of_the_money(F: Floats, K: Floats, v: Floats) -> Floats:
    w = np.maximum(v, TINY) * 0.5
    a = np.abs(np.log(F / K)) / (2.0 * w)
    return np.asarray(np.minimum(F, K) * ndtr(w - a) - np.maximum(F, K) * ndtr(-w - a))


@dataclass(frozen=True, slots=True)
class Greeks:
    """Sensitivities of one unit of an option, arrays of one shape.

    value: dollars (D·B). delta: dollars per dollar of the forward. gamma: delta per dollar of the forward.
    vega: dollars per vol point (0.01). theta: dollars a day. delta_coin: `value` in coin per dollar times the forward,
    d(D·B/F)/dF·F, the delta of an inverse option in coin.
    """

    value: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    delta_coin: Floats


def greeks(F: Floats, K: Floats, sigma: Floats, T: Floats, discount: Floats, is_call: Flags, rate: Floats) -> Greeks:
    """Greeks per unit, all arguments (n,); sigma and rate a year, T years, discount = exp(-rate·T). See Greeks."""
    v = np.maximum(sigma * np.sqrt(T), TINY)
    d1 = np.log(F / K) / v + 0.5 * v
    density = _SQRT_2PI * np.exp(-0.5 * d1 * d1)
    value = discount * price(F, K, v, is_call)
    delta = discount * (ndtr(d1) - np.where(is_call, 0.0, 1.0))
    gamma = discount * density / (F * v)
    theta = (rate * value - 0.5 * F * F * sigma * sigma * gamma) / 365.0
    vega = discount * F * density * np.sqrt(T) * 0.01
    return Greeks(value, delta, gamma, vega, theta, delta - value / F)
