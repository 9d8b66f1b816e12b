"""Liquidation regions held against a dense walk: 20,000 log-spaced points, every kink, the middle of every region and gap.

The regions come from the line form (`lines.walks`). The walk is valued in the state form (`holding.margin`) under any
rulebook, or by `dense`, which knows nothing of the engine, under the generic one.
"""

import math

import numpy as np

from risk_core.liquidation.lines import ZERO
from risk_core.liquidation.walks import HIGHEST, LOWEST
from tests.core.books import buffers, gross_along

NODES = 20_000
WALK = LOWEST, HIGHEST
DOUBT = 1e-10
"""A buffer within this share of the gross size may be counted on either side of 0."""


def kinks(holding, beta, span):
    """k where the buffer bends: tier floors ÷ size, strikes at every row's move, the present price; neighbours of each."""
    nets, ins = holding.nets, holding.account.instruments
    rules = holding.rules
    floors = sorted({step.start for table in rules.tiers.tables().values() for step in table[1:]})
    moves = np.array(rules.portfolio.moves if rules.portfolio else (0.0,))
    out = [1.0]
    for n, inst in enumerate(nets.instrument):
        b = beta[ins.underlying[inst]]
        if not b or not nets.quantity[n]:
            continue
        if ins.is_option[inst]:
            index = holding.account.index[ins.underlying[inst]]
            width = ins.total_volatility[inst]
            centres = np.array([ins.strike[inst] / index, *(ins.strike[inst] / ins.forward[inst] / (1.0 + moves))])
            factors = (centres[:, None] * np.exp(width * np.linspace(-4.0, 4.0, 17))).ravel()
        elif ins.inverse[inst]:
            continue
        else:
            factors = floors / (abs(nets.quantity[n]) * ins.mark[inst])
        out += list(1.0 + (factors - 1.0) / b)
    k = np.array(out)
    k = np.concatenate([k * (1 - 1e-9), k, k * (1 + 1e-9)])
    return k[(k > span[0]) & (k < span[1])]


def middles(regions, span):
    """The middle of every region and of every gap between regions."""
    ends = [span[0], *(end for region in regions for end in region), span[1]]
    return np.array([math.sqrt(a * b) for a, b in zip(ends, ends[1:], strict=False)])


def in_parts(value, k):
    """`value` of eight parts of k in turn, so that the tables stay small."""
    return np.concatenate([value(part) for part in np.array_split(k, 8)])


def walk(holding, beta, regions, nodes, value, span):
    """(k, buffer, gross size) on the dense walk."""
    k = np.concatenate([np.geomspace(*span, nodes), kinks(holding, beta, span), middles(regions, span)])
    k = np.unique(np.clip(k, *span))
    return k, value(k), gross_along(holding, beta, k) + gross_along(holding, beta, [1.0])


def inside(regions, k, span):
    """Whether each k lies in one of the open intervals."""
    out = np.zeros(len(k), dtype=bool)
    for low, high in regions:
        low, high = (-math.inf if low <= span[0] else low), (math.inf if high >= span[1] else high)
        out |= (k > low) & (k < high)
    return out


def check(holding, bucket, beta, regions, nodes=NODES, span=WALK, value=None):
    """Nothing invented, nothing missed; returns the number of sign changes seen on the walk.

    value: k ascending (n,) → what the regions are of, (n,); the buffer in the state form where it is not given.
    """
    value = value or (lambda k: in_parts(lambda part: buffers(holding, bucket, beta, part), k))
    ends = [end for region in regions for end in region]
    assert all(a <= b for a, b in zip(ends, ends[1:], strict=False)), f"regions overlap: {regions}"
    assert all(a < b for a, b in regions), f"an empty region: {regions}"
    k, found, size = walk(holding, beta, regions, nodes, value, span)
    dead, clear = found < -ZERO * size, np.abs(found) > DOUBT * size
    wrong = clear & (dead != inside(regions, k, span))
    assert not wrong.any(), f"k {k[wrong][:5]} buffer {found[wrong][:5]} gross {size[wrong][:5]} regions {regions}"
    signs = dead[clear]
    return int(np.count_nonzero(signs[1:] != signs[:-1]))


def residuals(holding, bucket, beta, regions, what="buffer", span=WALK):
    """|H| at every finite end of the regions, as a share of the gross size."""
    k = np.array([end for region in regions for end in region if span[0] < end < span[1]])
    if not len(k):
        return k
    return np.abs(buffers(holding, bucket, beta, k, what)) / (gross_along(holding, beta, k) + gross_along(holding, beta, [1.0]))
