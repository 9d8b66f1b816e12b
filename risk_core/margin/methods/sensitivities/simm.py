"""Margin of a list of sensitivities: by product class, risk class and measure, and what risk classes offset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....arrays import Floats
from ....rulebooks.sensitivities import SensitivityRules
from . import charge, tables

RISKS = ("fx", "equity", "commodity")
MEASURES = ("delta", "vega", "curvature")


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What one column of amounts is about.

    product: product class. risk: fx, equity or commodity. measure: delta (dollars per +1 %) or vega (dollars per
    volatility point). name: issuer, commodity, currency or pair. bucket: "" for fx. days: to expiry, of vega.
    """

    product: str
    risk: str
    measure: str
    name: str
    bucket: str = ""
    days: float = np.nan


@dataclass(frozen=True, eq=False)
class Simm:
    """Margin at S states. parts: dollars (S,) by product class, risk class, measure. offsets: by product class, ≤ 0,
    what risk classes offset; parts and offsets add up to total.
    """

    parts: Mapping[tuple[str, str, str], Floats]
    offsets: Mapping[str, Floats]
    states: int

    @property
    def total(self) -> Floats:
        out = np.zeros(self.states)
        for amount in (*self.parts.values(), *self.offsets.values()):
            out += amount
        return out


def margin(rules: SensitivityRules, columns: Sequence[Sensitivity], amount: Floats) -> Simm:
    """Margin of sensitivities `columns` (m,) of dollar amounts (S, m)."""
    parts: dict[tuple[str, str, str], Floats] = {}
    offsets: dict[str, Floats] = {}
    for product in sorted({one.product for one in columns}):
        for risk in RISKS:
            at = [i for i, one in enumerate(columns) if (one.product, one.risk) == (product, risk)]
            for measure, value in _of_class(rules, risk, [columns[i] for i in at], amount[:, at]):
                parts[product, risk, measure] = value
        classes = np.stack([_sum(parts, product, risk, len(amount)) for risk in RISKS], axis=1)
        offsets[product] = charge.combined(classes, _psi(rules)) - classes.sum(axis=1)
    return Simm(parts, offsets, len(amount))


def _sum(parts: Mapping[tuple[str, str, str], Floats], product: str, risk: str, states: int) -> Floats:
    return np.asarray(sum((parts.get((product, risk, measure), np.zeros(states)) for measure in MEASURES),
                          np.zeros(states)))


def _psi(rules: SensitivityRules) -> Floats:
    known = rules.between_classes
    either = {**known, **{" ".join(reversed(pair.split())): value for pair, value in known.items()}}
    return np.array([[1.0 if a == b else either.get(f"{a} {b}", 0.0) for b in RISKS] for a in RISKS])


def _of_class(rules: SensitivityRules, risk: str, columns: Sequence[Sensitivity],
              amount: Floats) -> Iterator[tuple[str, Floats]]:
    delta = [i for i, one in enumerate(columns) if one.measure == "delta"]
    vega = [i for i, one in enumerate(columns) if one.measure == "vega"]
    if delta:
        names, row = _names([columns[i] for i in delta])
        yield "delta", charge.linear(_table(rules, risk, names, vega=False), _netted(amount[:, delta], row, len(names)))
    if vega:
        names, row = _names([columns[i] for i in vega])
        table = _table(rules, risk, names, vega=True)
        days = np.array([columns[i].days for i in vega])
        yield "vega", charge.linear(table, _netted(amount[:, vega], row, len(names)))
        yield "curvature", charge.curvature(rules, table, amount[:, vega], days, row)


def _names(columns: Sequence[Sensitivity]) -> tuple[list[tuple[str, str]], list[int]]:
    """Distinct names with their bucket, and the one of each column."""
    keys = [(one.bucket, tables.pair_name(one.name) if one.risk == tables.FX and one.measure == "vega" else one.name)
            for one in columns]
    names = list(dict.fromkeys(keys))
    return names, [names.index(key) for key in keys]


def _table(rules: SensitivityRules, risk: str, names: Sequence[tuple[str, str]], *, vega: bool) -> tables.Table:
    if risk != tables.FX:
        return tables.bucketed(rules, risk, [bucket for bucket, _ in names], vega=vega)
    plain = [name for _, name in names]
    return tables.currency_pairs(rules, plain) if vega else tables.currencies(rules, plain)


def _netted(amount: Floats, row: Sequence[int], count: int) -> Floats:
    out = np.zeros((len(amount), count))
    np.add.at(out.T, row, amount.T)
    return out
