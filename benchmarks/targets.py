"""Seeded problems of the performance targets, as plain arrays: the same keys for our functions and for the peers.

Instruments, all (n,): und its underlying, is_opt, c forward over spot, K strike, T years, iv a year, put 0 or 1, and
v = iv √T. Scenarios multiply spots by sf and volatilities by mf.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from benchmarks.peers import numpy_call

TENORS = np.array([1, 2, 3, 7, 14, 30, 60, 90, 180, 365]) / 365.0
SPOTS = np.array([60_000.0, 3_000.0, 150.0, 600.0])
MOVES = np.array([-0.30, -0.20, -0.12, -0.08, -0.04, 0.0, 0.04, 0.08, 0.12, 0.20, 0.30])
STATES = np.array([0.75, 1.0, 1.35])


def instruments(rng, count, spot, underlying):
    """Every other one an option."""
    years = rng.choice(TENORS, count)
    strike = spot[underlying] * np.exp(rng.normal(0.0, 0.6, count) * np.sqrt(np.maximum(years, 7 / 365)))
    iv = rng.uniform(0.35, 1.2, count)
    return {"und": underlying, "is_opt": np.arange(count) % 2 == 0, "K": strike, "T": years, "iv": iv,
            "put": (rng.random(count) < 0.5).astype(float), "v": iv * np.sqrt(years),
            "c": np.exp(rng.uniform(-0.02, 0.06, count) * years)}


def joint_scenarios(scenarios, seed=12):
    """W2: 200 positions q on four coins; sf, mf (4, S)."""
    rng = np.random.default_rng(seed)
    underlying = rng.integers(0, 4, 200)
    p = instruments(rng, 200, SPOTS, underlying)
    shocks = np.linalg.cholesky(np.full((4, 4), 0.7) + 0.3 * np.eye(4)) @ rng.standard_t(4, (4, scenarios))
    sf = np.exp(np.clip(0.04 * shocks, -1.0, 1.0))
    mf = np.clip(np.exp(-np.log(sf) + 0.10 * rng.normal(size=sf.shape)), 0.4, 2.0)
    return p | {"q": rng.normal(0.0, 6e5, 200) / SPOTS[underlying], "S0": SPOTS, "sf": sf, "mf": mf}


def one_coin(positions, seed):
    """One account of q positions on one coin, spot S0, under 33 scenarios: 11 moves × 3 states of volatility."""
    rng = np.random.default_rng(seed)
    p = instruments(rng, positions, SPOTS[:1], np.zeros(positions, dtype=int))
    return p | {"q": rng.normal(size=positions), "S0": float(SPOTS[0]),
                "sf": np.repeat(1.0 + MOVES, 3), "mf": np.tile(STATES, len(MOVES))}


def frontier(points, seed=16):
    """W5: 50 positions, equity C twice what the scenarios ask, on a map of spots gs by volatilities gv, (points,)."""
    p = one_coin(50, seed)
    return p | {"C": 2.0 * scan_margin(p), "gs": np.exp(np.linspace(np.log(0.5), np.log(2.0), points)),
                "gv": np.exp(np.linspace(np.log(0.5), np.log(1.8), points))}


def accounts(count, seed=15):
    """W4b: accounts of some eight positions, equity 1.1 to 4 times what the scenarios ask."""
    rng = np.random.default_rng(seed)
    out = []
    for number in range(count):
        p = one_coin(2 + int(rng.poisson(6)), 1_000 * seed + number)
        out.append(p | {"C": max(scan_margin(p), 500.0) * rng.uniform(1.1, 4.0)})
    return out


# As it is usually written in numpy ---------------------------------------------------------------------------------

def values(p, S, m):
    """Values of one coin's instruments at spots S and volatility multiples m, (n, len(S))."""
    F = p["c"][:, None] * S
    out, o = F.copy(), np.flatnonzero(p["is_opt"])
    call = numpy_call(F[o], p["K"][o, None], p["v"][o, None] * m)
    out[o] = np.where(p["put"][o, None] > 0, call - F[o] + p["K"][o, None], call)
    return out


def scan_margin(p):
    """W6: the largest loss of the scenarios, dollars."""
    now = p["q"] @ values(p, np.array([p["S0"]]), np.ones(1))[:, 0]
    return now - (p["q"] @ values(p, p["S0"] * p["sf"], p["mf"])).min()


def health(p, spot, volatility=1.0):
    """W4b, W5: equity less the largest loss, at spots (X,), dollars (X,)."""
    now = p["q"] @ values(p, np.array([p["S0"]]), np.ones(1))[:, 0]
    S = np.multiply.outer(spot, p["sf"])
    then = p["q"] @ values(p, S.ravel(), np.tile(volatility * p["mf"], len(spot)))
    return p["C"] - now + then.reshape(S.shape).min(axis=1)


def health_map(p):
    """W5, (gs, gv)."""
    return np.stack([health(p, p["S0"] * p["gs"], g) for g in p["gv"]], axis=1)


def profits(p):
    """W2: the profit of each joint scenario, (S,), in pieces of 4,096 to bound memory."""
    spot = p["S0"][p["und"]]
    now = _values_by_coin(p, spot[:, None], np.ones((len(spot), 1)))
    out = []
    for at in (slice(start, start + 4096) for start in range(0, p["sf"].shape[1], 4096)):
        sf, mf = (p[name][p["und"], at] for name in ("sf", "mf"))
        out.append(p["q"] @ (_values_by_coin(p, spot[:, None] * sf, mf) - now))
    return np.concatenate(out)


def _values_by_coin(p, S, m):
    F = p["c"][:, None] * S
    out, o = F.copy(), np.flatnonzero(p["is_opt"])
    call = numpy_call(F[o], p["K"][o, None], p["v"][o, None] * m[o])
    out[o] = np.where(p["put"][o, None] > 0, call - F[o] + p["K"][o, None], call)
    return out


def profits_in_blocks(p, crew, piece=1024):
    """W2 with numpy at its best: logarithms apart, in place, pieces that stay in the cache, a thread for each core."""
    spot, out = p["S0"][p["und"]], np.empty(p["sf"].shape[1])
    linear = p["q"] * p["c"] * spot * ~p["is_opt"]
    by_coin = [(np.flatnonzero(p["is_opt"] & (p["und"] == u)), linear[p["und"] == u].sum())
               for u in range(len(p["S0"]))]
    o = np.flatnonzero(p["is_opt"])
    now = p["q"][o] @ _values_by_coin(p, spot[:, None], np.ones((len(spot), 1)))[o, 0]

    def work(start):
        at = slice(start, start + piece)
        total = -now
        for u, (mine, moving) in enumerate(by_coin):
            F, K = p["c"][mine, None] * p["S0"][u] * p["sf"][u, at], p["K"][mine, None]
            d1 = np.log(p["sf"][u, at]) + np.log(p["c"][mine, None] * p["S0"][u] / K)
            v, sign = p["v"][mine, None] * p["mf"][u, at], 1.0 - 2.0 * p["put"][mine, None]
            d1 /= v
            v *= 0.5
            d2 = d1 - v
            d1 += v
            d1 *= sign
            d2 *= sign
            ndtr(d1, out=d1)
            ndtr(d2, out=d2)
            d1 *= F
            d2 *= K
            d1 -= d2
            total = total + (p["q"][mine] * sign[:, 0]) @ d1 + moving * (p["sf"][u, at] - 1.0)
        out[at] = total

    list(crew.map(work, range(0, len(out), piece)))
    return out


def nearest_by_scan(p, nodes, low=0.3, high=3.0):
    """W4b: nearest zero of `health` below and above the spot, by brentq between nodes of a scan; (2,), NaN for none."""
    spot = np.exp(np.linspace(np.log(low), np.log(high), nodes)) * p["S0"]
    h, middle = health(p, spot), int(np.searchsorted(spot, p["S0"]))
    out = np.full(2, np.nan)
    for side, outward in enumerate((range(middle - 1, -1, -1), range(middle, nodes))):
        inner = p["S0"]
        for i in outward:
            if h[i] < 0:
                ends = sorted((inner, spot[i]))
                out[side] = brentq(lambda s: health(p, np.array([s]))[0], *ends, xtol=1e-9, rtol=1e-13)
                break
            inner = spot[i]
    return out
