"""The demand of a rulebook that charges a pool by joint moves: a tail of its losses, shares alone, diversification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np

from ....arrays import Floats, Ints
from ....rulebooks.history import HistoryRules
from ..demand import Demand, Part, Pool, Scenarios
from . import moves, tail
from .revaluation import profits

AT_ONCE = 2_000_000
"""Losses, states × moves, that are held at a time."""


def demand(pool: Pool, own: HistoryRules) -> Demand:
    """What the tail of the pool's losses asks. Raises Refused by name where an underlying has no moves."""
    at = moves.moved(pool.account, own)
    if not len(at):
        return Demand((), (), "Nothing is held that moves.", pool.states)
    joint = moves.joint(pool.account, own)
    step = max(1, AT_ONCE // len(joint.names))
    blocks = [_charged(_states(pool, slice(start, start + step)), at, joint, own)
              for start in range(0, pool.states, step)]
    initial, maintenance = (np.concatenate(side, axis=1) for side in zip(*(block[:2] for block in blocks), strict=True))
    names = tuple(pool.account.underlyings[u] for u in at)
    factor = _volatility_factor(pool, at, joint, own)
    words, profit = Words(names, joint.names, joint.relative), blocks[0][2]
    setting = _setting(-profit[None], joint.weight, own)
    return Demand(_parts(names, initial, maintenance, own), _scenarios(words, joint, profit, setting, own, factor),
                  _worst(profit, setting, words, own), pool.states, joint.notes)


def _states(pool: Pool, block: slice) -> Pool:
    return replace(pool, quantity=pool.quantity[block], factors=pool.factors[block])


def _charged(pool: Pool, at: Ints, joint: moves.Moves, rules: HistoryRules) -> tuple[Floats, Floats, Floats]:
    """Initial and maintenance margin of each underlying alone and, last, of all, (n + 1, S); profit of state 0."""
    alone = profits(pool, at, joint.columns, rules.volatility_beta, collateral=rules.collateral == "moves too")
    whole = np.asarray(sum(alone))
    initial, maintenance = zip(*(_sides(-one, joint.weight, rules) for one in (*alone, whole)), strict=True)
    states = pool.states
    return _spread(initial, states), _spread(maintenance, states), whole[0]


def _spread(rows: Sequence[Floats], states: int) -> Floats:
    """Rows of one figure or one a state, as one a state, (len(rows), S)."""
    return np.stack([np.broadcast_to(row, states) for row in rows])


def _parts(names: tuple[str, ...], initial: Floats, maintenance: Floats, rules: HistoryRules) -> tuple[Part, ...]:
    """Each underlying alone, and what lies between the sum of them and the margin of all."""
    parts = [Part("history.measure", f"{name} alone: {rules.measure}", name, initial[i], maintenance[i], is_core=True)
             for i, name in enumerate(names)]
    if len(names) > 1:
        initial_rest, rest = (side[-1] - side[:-1].sum(axis=0) for side in (initial, maintenance))
        parts.append(Part("history.measure", "Diversification between underlyings", "", initial_rest, rest,
                          is_core=True))
    return tuple(parts)


def measured(loss: Floats, weight: Floats, rules: HistoryRules, level: float) -> Floats:
    """Value at risk or expected shortfall of losses (S, K) with probabilities (K,) as the rulebook has it, (S,)."""
    return _measured(tail.tail(loss, weight), rules, level)


def _measured(losses: tail.Tail, rules: HistoryRules, level: float) -> Floats:
    if rules.measure == "value at risk":
        return tail.value_at_risk(losses, level, rules.quantile_rule)
    return tail.expected_shortfall(losses, level, rules.es_rule)


def _sides(loss: Floats, weight: Floats, rules: HistoryRules) -> tuple[Floats, Floats]:
    """Initial and maintenance margin of losses (S, K), dollars, each (S,): factor × measure, never below 0."""
    losses = tail.tail(loss, weight, _depth(weight, rules))
    initial = rules.initial_factor * np.maximum(_measured(losses, rules, rules.initial_level), 0.0)
    maintenance = rules.maintenance_factor * np.maximum(_measured(losses, rules, rules.maintenance_level), 0.0)
    return initial, maintenance


def _depth(weight: Floats, rules: HistoryRules) -> int | None:
    """How many of the largest losses both levels need; None where the order of equal ones matters, and so all do."""
    settled = (rules.quantile_rule in {"Hull", "lower"}, rules.es_rule == "weighted")[rules.measure != "value at risk"]
    if not settled and weight.min() < weight.max():
        return None
    return tail.depth(weight, rules.maintenance_level)


def _setting(loss: Floats, weight: Floats, rules: HistoryRules) -> tuple[int, ...]:
    """Rows that set maintenance margin at the first state (1, K), the worst first."""
    order = tail.order(loss, weight)
    losses = tail.tail(loss, weight)
    last = int(tail.row(losses, rules.maintenance_level, rules.quantile_rule)[0])
    if rules.measure == "value at risk":
        first = last - (rules.quantile_rule == "interpolated" and last > 0)
    else:
        first = 0
        if rules.es_rule != "VaR row inside":
            reached = 1.0 - rules.maintenance_level
            last = max(int(np.searchsorted(losses.reached[0], reached - tail.SLACK)), 0)
            last = max(last - (rules.es_rule == "beyond the VaR row"), 0)
    return tuple(int(row) for row in order[0, first:last + 1])


@dataclass(frozen=True, eq=False)
class Words(Sequence[str]):
    """The rows in words, such as `2025-10-10: BTC −7.3 %, ETH −12.3 %`; each made when it is asked for."""

    underlyings: tuple[str, ...]
    names: tuple[str, ...]
    relative: Floats

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        moved = ", ".join(f"{name} {_percent(x)}" for name, x in zip(self.underlyings, self.relative[row], strict=True))
        return f"{self.names[row]}: {moved}"


def _percent(move: float) -> str:
    sign = "+" if move > 0 else "−" if move < 0 else "±"
    return f"{sign}{abs(move) * 100:.3g} %"


def _scenarios(words: Words, joint: moves.Moves, profit: Floats, setting: tuple[int, ...],
               rules: HistoryRules, factor: Floats) -> tuple[Scenarios, ...]:
    single = len(words.underlyings) == 1
    move = joint.relative[:, 0] if single else np.full(len(words), np.nan)
    volatility = ["same" if not rules.volatility_beta else "with the price"] * len(words)
    return (Scenarios(words.underlyings[0] if single else "", words, move, volatility, factor, profit, setting,
                      joint.weight),)


def _volatility_factor(pool: Pool, at: Ints, joint: moves.Moves, rules: HistoryRules) -> Floats:
    """What each move multiplies implied volatility by, the mean over the options held at the first state, (K,)."""
    ins = pool.account.instruments
    held = ins.underlying[ins.is_option & (pool.quantity[0] != 0)]
    if not len(held):
        return np.full(len(joint.relative), np.nan)
    count = (held == at[:, None]).sum(axis=1)
    return np.asarray(np.maximum(1.0 + rules.volatility_beta * joint.relative, 0.0) @ count / count.sum())


def _worst(profit: Floats, setting: tuple[int, ...], words: Words, rules: HistoryRules) -> str:
    if profit[list(setting)].mean() >= 0:
        return "The tail of the joint moves loses nothing."
    kind = "Value at risk" if rules.measure == "value at risk" else "Expected shortfall"
    over = f"{rules.maintenance_level * 100:.4g} % over {rules.horizon:g} day{'' if rules.horizon == 1 else 's'}"
    if len(setting) == 1:
        return f"{kind}, {over}: set by {words[setting[0]]}."
    return f"{kind}, {over}: set by {len(setting)} moves, the worst {words[setting[0]]}."
