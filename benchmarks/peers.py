"""What people would use instead: plain numpy, scipy and the option libraries, each as it is usually written."""

import importlib.util
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from risk_core.liquidation.thresholds import walked
from risk_core.liquidation.walks import HIGHEST, LOWEST
from risk_core.margin.holding import margin
from risk_core.margin.netting import POOL


@dataclass(frozen=True)
class Peer:
    """One contestant. part: how many of the first rows of the result it computes, None for all; times are scaled up.

    needs: the package without which it is left out.
    """

    name: str
    run: Callable[[], object]
    part: int | None = None
    needs: str = "numpy"

    @property
    def installed(self):
        return importlib.util.find_spec(self.needs) is not None


# Black-76 calls ---------------------------------------------------------------------------------------------------

def numpy_call(F, K, v):
    d1 = np.log(F / K) / v + 0.5 * v
    return F * ndtr(d1) - K * ndtr(d1 - v)


def norm_cdf_call(F, K, v):
    from scipy.stats import norm

    d1 = np.log(F / K) / v + 0.5 * v
    return F * norm.cdf(d1) - K * norm.cdf(d1 - v)


def threaded_call(F, K, v, block=32):
    """numpy at its best: rows in blocks that stay in cache, in place, one thread a core."""
    out, log_f, log_k = np.empty(v.shape), np.log(F), np.log(K)

    def work(start):
        rows = slice(start, start + block)
        d1 = (log_f - log_k[rows]) / v[rows]
        half = 0.5 * v[rows]
        d2 = d1 - half
        d1 += half
        ndtr(d1, out=d1)
        ndtr(d2, out=d2)
        d1 *= F
        d2 *= K[rows]
        np.subtract(d1, d2, out=out[rows])

    list(crew().map(work, range(0, len(K), block)))
    return out


def crew(kept=[]):  # noqa: B006 - one for the process
    """Threads, one a core."""
    if not kept:
        kept.append(ThreadPoolExecutor(os.cpu_count()))
    return kept[0]


def vollib_call(F, K, v):
    from py_vollib_vectorized import vectorized_black

    flat = [np.ascontiguousarray(x).ravel() for x in np.broadcast_arrays(F, K, v)]
    value = vectorized_black("c", flat[0], flat[1], 1.0, 0.0, flat[2], return_as="numpy")
    return np.asarray(value).reshape(np.broadcast_shapes(F.shape, K.shape, v.shape))


def quantlib_call(F, K, v):
    from QuantLib import Option, blackFormula

    cells = zip(*(x.ravel().tolist() for x in np.broadcast_arrays(F, K, v)), strict=True)
    value = [blackFormula(Option.Call, k, f, width) for f, k, width in cells]
    return np.reshape(value, np.broadcast_shapes(F.shape, K.shape, v.shape))


# Scenario scan of a pool ------------------------------------------------------------------------------------------

def each_option(call):
    """Value of a pool's options at forwards × factor (S,) and volatilities (S, o) or (o,): one call an option."""

    def value(pool, factor, v):
        total = np.zeros(len(factor))
        for i, worth in enumerate(pool.worth):
            F, K, width = pool.forward[i] * factor, np.array(pool.strike[i]), np.asarray(v[..., i])
            price = call(F, K, width)
            total += worth * (price if pool.is_call[i] else price - F + K)
        return total

    return value


def all_options(call):
    """The same with one call for all options."""

    def value(pool, factor, v):
        F = factor[:, None] * pool.forward
        return (call(F, pool.strike, v) - np.where(pool.is_call, 0.0, F - pool.strike)) @ pool.worth

    return value


def requirement(problem, value, factors):
    """Maintenance margin in portfolio mode with BTC's price multiplied by factors (S,): the sum of its underlyings."""
    total = np.zeros(len(factors))
    for pool, moved in zip(problem.pools, problem.states(factors).T, strict=True):
        distinct, back = np.unique(moved, return_inverse=True)
        total += charge(problem, pool, value, distinct)[back]
    return total


def charge(problem, pool, value, factors):
    """Charge of one underlying with its price multiplied by factors (S,), dollars."""
    moved = (factors[:, None] * (1.0 + problem.moves)).ravel()
    then = value(pool, moved, np.tile(pool.shocked, (len(factors), 1))).reshape(len(factors), -1)
    delta = pool.linear.sum() * factors + pool.face.sum()
    loss = value(pool, factors, pool.now)[:, None] - then - delta[:, None] * problem.moves
    minimum = 0.005 * pool.price * factors * pool.short
    gross = np.abs(pool.linear).sum() * factors + np.abs(pool.face).sum()
    return np.maximum(loss.max(axis=1), minimum) + 0.005 * 0.5 * (gross - np.abs(delta))


# Liquidation levels: a search on top of a margin function ----------------------------------------------------------

NODES = np.exp(np.linspace(np.log(LOWEST), np.log(HIGHEST), 200))


def levels_by_scan(holdings, solve):
    """Edges of the regions below zero, multiples of the price, by (mode, bucket, underlying): 200 nodes, then `solve`.

    Two edges between neighbouring nodes are not seen.
    """
    edges = {}
    for holding in holdings:
        for u, buckets in _walks(holding):
            below = _buffers(holding, u, NODES)[:, buckets] < 0
            node, column = np.nonzero(below[1:] != below[:-1])
            bucket = np.array(buckets)[column]
            found = solve(holding, u, bucket, NODES[node], NODES[node + 1]) if len(node) else []
            for b in buckets:
                edges[holding.mode.name, b, u] = sorted(k for k, at in zip(found, bucket, strict=True) if at == b)
    return edges


def _walks(holding):
    """Each underlying with the buckets that depend on it: the pool, and the isolated ones of its own."""
    nets, account = holding.nets, holding.account
    own = account.instruments.underlying[nets.instrument]
    return [(u, sorted({POOL, *(int(b) for b in nets.bucket[own == u])})) for u in walked(holding)]


def _buffers(holding, u, k):
    states = np.ones((len(k), len(holding.account.underlyings)))
    states[:, u] = k
    at = margin(holding, states)
    return at.equity - at.maintenance


def brentq_each(holding, u, bucket, left, right):
    """scipy's brentq on each bracket in turn."""
    return [brentq(lambda k, b=b: _buffers(holding, u, np.array([k]))[0, b], x, y, xtol=1e-15, rtol=1e-13)
            for b, x, y in zip(bucket, left, right, strict=True)]


def bisect_all(holding, u, bucket, left, right):
    """Bisection of all brackets together."""
    every = np.arange(len(bucket))
    rising = _buffers(holding, u, right)[every, bucket] >= 0
    for _ in range(50):
        middle = 0.5 * (left + right)
        above = (_buffers(holding, u, middle)[every, bucket] >= 0) == rising
        left, right = np.where(above, left, middle), np.where(above, middle, right)
    return 0.5 * (left + right)
