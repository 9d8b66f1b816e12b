"""The generic rules at thousands of prices of one underlying at once: the scalar twin's sums, written for arrays.

Reads the buckets of `tests.oracle` and knows nothing of the engine; `test_search` holds it to the scalar twin. k is the walk,
sorted ascending, (n,): the index of one underlying stands at k × its present price.
"""

import math

import numpy as np
from scipy.special import ndtr

from tests import oracle

REACH = 9.0
"""Standard deviations beyond which an option is worth its intrinsic value: N(−9) is 1e-19."""
FLOORS, RATES, DEDUCTIONS = (np.array([step[i] for step in oracle.TIERS]) for i in (0, 2, 4))


def add_option(out, leg, size, k, log_k, x=0.0, row=1):
    """Adds to `out` (n,) what `size` units are worth in dollars with index and forward at k (1 + x)."""
    ratio, sign = leg.forward * (1.0 + x), 1.0 if leg.call else -1.0
    unit = size * leg.discount * (leg.index / leg.forward if leg.inverse else 1.0)
    width = leg.widths[row]
    if width == math.inf:
        out += unit * (ratio * k if leg.call else leg.strike)
        return
    centre, reach = math.log(leg.strike / ratio), REACH * width + 0.5 * width * width
    low, high = np.searchsorted(log_k, (centre - reach, centre + reach))
    beyond = slice(high, None) if leg.call else slice(0, low)
    out[beyond] += (unit * sign) * (ratio * k[beyond] - leg.strike)
    if high > low:
        F = ratio * k[low:high]
        d1 = np.log(F / leg.strike) / width + 0.5 * width
        out[low:high] += (unit * sign) * (F * ndtr(sign * d1) - leg.strike * ndtr(sign * (d1 - width)))


def of_futures(nets, at):
    """Σ of `at(leg or net, k)` as (const, slope): what futures and perpetuals add is a line in k."""
    const = [at(one, 0.0) for one in nets]
    return math.fsum(const), math.fsum(at(one, 1.0) - c for one, c in zip(nets, const, strict=True))


def tiers(net, k):
    """Maintenance of a net of futures or perpetuals, (n,)."""
    n = np.full(len(k), abs(net.quantity)) if net.leg.inverse else abs(net.quantity) * net.leg.mark * k
    step = np.searchsorted(FLOORS, n, side="right") - 1
    return RATES[step] * n - DEDUCTIONS[step]


def short_option(net, k, log_k):
    """Maintenance of a short option charged by itself, (n,): 0.075 S + m, of a put at most 0.075 K + m."""
    S, out = net.leg.index * k, np.zeros(len(k))
    add_option(out, net.leg, -net.quantity, k, log_k)
    return out - net.quantity * 0.075 * (S if net.leg.call else np.minimum(S, net.leg.strike))


def scanned(nets, k, log_k):
    """(value of options, maintenance) of a portfolio pool's nets of one underlying, each (n,)."""
    futures, options = ([net for net in nets if net.leg.option is wanted] for wanted in (False, True))
    const, slope = of_futures(futures, oracle.delta)
    delta = const + slope * k
    value, worst = np.zeros(len(k)), np.full(len(k), np.inf)
    for net in options:
        add_option(value, net.leg, net.quantity, k, log_k)
    for x in oracle.SHOCKS:
        for row in range(3):
            profit = delta * x - value
            for net in options:
                add_option(profit, net.leg, net.quantity, k, log_k, x, row)
            np.minimum(worst, profit, out=worst)
    least = sum(0.005 * net.leg.index * max(0.0, -net.quantity) for net in options)
    gross_const, gross_slope = of_futures(futures, lambda net, at: abs(oracle.delta(net, at)))
    basis = 0.005 * (gross_const + gross_slope * k - np.abs(delta)) / 2.0
    return value, np.maximum(-worst, least * k) + basis


def figures(bucket, underlying, k):
    """(equity, maintenance) of a bucket along the walk, each (n,)."""
    log_k, nets = np.log(k), bucket.nets.get(underlying, [])
    const, slope = of_futures([leg for net in nets for leg in net.legs if not leg.option], oracle.future_profit)
    still = [oracle.figures_of(bucket, u) for u in bucket.nets if u != underlying]
    unmoved = [bucket.cash, const, *(f[0] for f in still), *(v for u, v in bucket.coins.items() if u != underlying)]
    equity = math.fsum(unmoved) + (slope + bucket.coins.get(underlying, 0.0)) * k
    maintenance = np.full(len(k), math.fsum(f[2] for f in still))
    if bucket.scan:
        value, charge = scanned(nets, k, log_k)
        return equity + value, maintenance + charge
    for net in nets:
        if not net.leg.option:
            maintenance += tiers(net, k)
        elif net.quantity < 0.0:
            maintenance += short_option(net, k, log_k)
    return equity, maintenance


def buffers(bucket, underlying, k, what="buffer"):
    """Buffer, or equity, of a bucket along the walk, (n,)."""
    equity, maintenance = figures(bucket, underlying, k)
    return equity - maintenance if what == "buffer" else equity
