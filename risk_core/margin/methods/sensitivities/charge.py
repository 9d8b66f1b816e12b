"""From weighted sensitivities to margin: concentration, correlation within and between buckets, curvature's tail.

Source: ISDA SIMM 2.5 methodology; formulas as in docs/methods/sensitivities.md. All amounts at S states, (S, n).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....arrays import Flags, Floats
from ....rulebooks.sensitivities import SensitivityRules
from .spread import scaling, tail
from .tables import Table


@dataclass(frozen=True, eq=False)
class Buckets:
    """K and clipped sums S of buckets, both (S, B)."""

    size: Floats
    sum: Floats


def linear(table: Table, amount: Floats) -> Floats:
    """Margin of delta or vega, dollars (S,), of names (S, n): weighted, concentrated, correlated."""
    concentration = np.maximum(1.0, np.sqrt(np.abs(amount * table.measured) / table.threshold))
    weighted = amount * table.weight * concentration
    buckets = _buckets(table, weighted, concentration, power=1)
    ordinary, rest = _joined(table, buckets, ~table.residual, power=1), _joined(table, buckets, table.residual, power=1)
    return ordinary + rest


def curvature(rules: SensitivityRules, table: Table, vega: Floats, days: Floats, name: list[int]) -> Floats:
    """Margin of curvature, dollars (S,). vega: (S, m) dollars per point at `days` (m,); name: of each its row (m,)."""
    curve = scaling(rules, days) * table.spread[name] * table.curved[name] * vega
    own = np.zeros((len(vega), len(table.weight)))
    np.add.at(own.T, name, curve.T)
    buckets = _buckets(table, own, np.ones_like(own), power=2)
    out = np.zeros(len(vega))
    for part in (~table.residual, table.residual):
        mine = part[table.bucket]
        sums, sizes = own[:, mine].sum(axis=1), np.abs(own[:, mine]).sum(axis=1)
        out += np.maximum(0.0, sums + tail(rules, sums, sizes) * _joined(table, buckets, part, power=2))
    return out


def combined(classes: Floats, correlation: Floats) -> Floats:
    """Margin of risk classes together, dollars (S,): √Σψ M M of classes (S, R)."""
    return np.asarray(np.sqrt(np.maximum(np.einsum("si,ij,sj->s", classes, correlation, classes), 0.0)))


def _buckets(table: Table, weighted: Floats, concentration: Floats, *, power: int) -> Buckets:
    """K² = Σ ρ f WS WS, f = min(CR) ÷ max(CR) of two names; S = Σ WS within ±K."""
    size, total = (np.zeros((len(weighted), len(table.between))) for _ in range(2))
    for bucket in range(len(table.between)):
        at = np.flatnonzero(table.bucket == bucket)
        own, more = weighted[:, at], concentration[:, at]
        low, high = np.minimum(more[:, :, None], more[:, None, :]), np.maximum(more[:, :, None], more[:, None, :])
        correlation = table.within[np.ix_(at, at)] ** power * low / high
        size[:, bucket] = np.sqrt(np.maximum(np.einsum("si,sij,sj->s", own, correlation, own), 0.0))
        total[:, bucket] = np.clip(own.sum(axis=1), -size[:, bucket], size[:, bucket])
    return Buckets(size, total)


def _joined(table: Table, buckets: Buckets, part: Flags, *, power: int) -> Floats:
    """√(Σ K² + Σ γ S S) of the buckets in `part`, dollars (S,)."""
    at = np.flatnonzero(part)
    between = table.between[np.ix_(at, at)] ** power
    apart = between - np.eye(len(at))
    cross = np.einsum("si,ij,sj->s", buckets.sum[:, at], apart, buckets.sum[:, at])
    return np.asarray(np.sqrt(np.maximum((buckets.size[:, at] ** 2).sum(axis=1) + cross, 0.0)))
