"""Parameters of the names of one risk class, lined up: weights, thresholds and correlations as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....arrays import Flags, Floats, Ints
from ....rulebooks.sensitivities import RESIDUAL, SensitivityRules
from .spread import volatility

FX = "fx"
CALCULATION = "USD"
"""Calculation currency: the unit of account."""


@dataclass(frozen=True, eq=False)
class Table:
    """Parameters of n names in B buckets, for delta or for vega.

    weight: (n,) factor of an amount. measured: (n,) factor of what is held against threshold (n,): 1 for delta, for
    vega the vega ratio times the volatility. bucket: (n,) index. within: (n, n) correlation of names of one bucket.
    between: (B, B).
    residual: (B,) whether a bucket is added whole. spread: (n,) volatility in points that curvature uses. curved: (n,)
    whether a name has curvature.
    """

    weight: Floats
    measured: Floats
    threshold: Floats
    bucket: Ints
    within: Floats
    between: Floats
    residual: Flags
    spread: Floats
    curved: Flags


def bucketed(rules: SensitivityRules, risk_class: str, buckets: Sequence[str], *, vega: bool) -> Table:
    """Equity or commodity names, of each its bucket. Raises KeyError for a bucket there is not."""
    known = rules.buckets(risk_class)
    rows = [known[name] for name in buckets]
    held = list(dict.fromkeys(buckets))
    weight = _column(row.weight for row in rows)
    spread = weight * volatility(rules)
    ratio = rules.equity_vega_ratio if risk_class == "equity" else rules.commodity_vega_ratio
    own = _column(row.correlation for row in rows)
    curved = np.array([row.curvature == "yes" for row in rows], dtype=np.bool_)
    return Table(
        ratio * spread * _column(row.vega_weight for row in rows) if vega else weight,
        ratio * spread if vega else np.ones(len(rows)),
        _column(row.vega_threshold if vega else row.threshold for row in rows),
        np.array([held.index(name) for name in buckets], dtype=np.int64),
        _unit(np.tile(own[:, None], len(rows))),
        _pairs(held, rules.between(risk_class)),
        np.array([name == RESIDUAL for name in held], dtype=np.bool_),
        spread,
        curved,
    )


def currencies(rules: SensitivityRules, names: Sequence[str]) -> Table:
    """Delta of currencies against the calculation currency, one bucket; the calculation currency itself is no risk."""
    base = _volatility(rules, CALCULATION)
    groups = [_volatility(rules, name) for name in names]
    weight = _column(0.0 if name == CALCULATION else rules.fx_weights[_key(base, own)]
                     for name, own in zip(names, groups, strict=True))
    by_base = rules.fx_regular_correlations if base == "regular" else rules.fx_high_correlations
    within = np.array([[by_base[_key(a, b)] for b in groups] for a in groups]).reshape(len(names), -1)
    threshold = _column(rules.fx_thresholds[_category(rules, name)] for name in names)
    return _one_bucket(weight, np.ones(len(names)), threshold, within, weight * volatility(rules))


def currency_pairs(rules: SensitivityRules, pairs: Sequence[str]) -> Table:
    """Vega of pairs of currencies such as `EURUSD`, one bucket."""
    split = [(pair[:3], pair[3:]) for pair in pairs]
    weight = _column(rules.fx_weights[_key(*(_volatility(rules, name) for name in pair))] for pair in split)
    spread = weight * volatility(rules)
    categories = ["".join(sorted(_category(rules, name) for name in pair)) for pair in split]
    threshold = _column(rules.fx_vega_thresholds[pair] for pair in categories)
    within = np.full((len(pairs), len(pairs)), rules.fx_vega_correlation)
    risk = rules.fx_vega_ratio * spread
    return _one_bucket(rules.fx_vega_weight * risk, risk, threshold, within, spread)


def pair_name(text: str) -> str:
    """One name for a pair of currencies, whichever comes first."""
    return "".join(sorted((text[:3], text[3:])))


def _one_bucket(weight: Floats, measured: Floats, threshold: Floats, within: Floats, spread: Floats) -> Table:
    count = len(weight)
    return Table(weight, measured, threshold, np.zeros(count, dtype=np.int64), _unit(within), np.ones((1, 1)),
                 np.zeros(1, dtype=np.bool_), spread, np.ones(count, dtype=np.bool_))


def _column(values: object) -> Floats:
    return np.array(list(values), dtype=np.float64)  # type: ignore[call-overload]


def _unit(matrix: Floats) -> Floats:
    out = matrix.copy()
    np.fill_diagonal(out, 1.0)
    return out


def _pairs(held: Sequence[str], known: Mapping[tuple[str, str], float]) -> Floats:
    return _unit(np.array([[known.get((a, b), 0.0) for b in held] for a in held]).reshape(len(held), -1))


def _key(first: str, second: str) -> str:
    return " ".join(sorted((first, second), reverse=True))


def _volatility(rules: SensitivityRules, currency: str) -> str:
    return next((one.volatility for one in rules.currencies if one.currency == currency), "regular")


def _category(rules: SensitivityRules, currency: str) -> str:
    return next((one.category for one in rules.currencies if one.currency == currency), "3")
