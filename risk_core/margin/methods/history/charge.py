"""The demand of a rulebook that charges a pool by joint moves: a tail of its losses, shares alone, diversification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from ....arrays import Floats
from ....portfolio.account_file import Account
from ....rulebooks.history import HistoryRules
from ....rulebooks.rules import Rules
from ..demand import Demand, Part, Pool, Scenarios
from . import moves, tail
from .revaluation import profits


def unavailable(account: Account, rules: Rules) -> str | None:
    """Why this account cannot be charged by the rulebook's joint moves; None where it can."""
    return moves.unavailable(account, _of(rules))


def demand(pool: Pool, rules: Rules) -> Demand:
    """What the tail of the pool's losses asks. Raises Refused by name where an underlying has no moves."""
    own = _of(rules)
    if not len(moves.moved(pool.account, own)):
        return Demand((), (), "Nothing is held that moves.", pool.states)
    joint = moves.joint(pool.account, own)
    profit = profits(pool, joint.at, joint.relative, own.volatility_beta, collateral=own.collateral == "moves too")
    whole = profit.sum(axis=0)
    asked = _sides(-whole, joint.weight, own)
    parts = [_part(pool.account.underlyings[u], _sides(-one, joint.weight, own), own)
             for u, one in zip(joint.at, profit, strict=True)]
    if len(parts) > 1:
        initial, maintenance = (sum(column) for column in zip(*((one.initial, one.maintenance) for one in parts),
                                                              strict=True))
        parts.append(Part("history.measure", "Diversification between underlyings", "", asked[0] - initial,
                          asked[1] - maintenance, is_core=True))
    words = Words(tuple(pool.account.underlyings[u] for u in joint.at), joint.names, joint.relative)
    setting = _setting(-whole[:1], joint.weight, own)
    return Demand(tuple(parts), _scenarios(words, joint, whole[0], setting, own), _worst(whole[0], setting, words, own),
                  pool.states, joint.notes)


def _of(rules: Rules) -> HistoryRules:
    if rules.history is None:
        raise RuntimeError("this rulebook does not charge by joint moves")
    return rules.history


def measured(loss: Floats, weight: Floats, rules: HistoryRules, level: float) -> Floats:
    """Value at risk or expected shortfall of losses (S, K) with probabilities (K,) as the rulebook has it, (S,)."""
    return _measured(tail.tail(loss, weight), rules, level)


def _measured(losses: tail.Tail, rules: HistoryRules, level: float) -> Floats:
    if rules.measure == "value at risk":
        return tail.value_at_risk(losses, level, rules.quantile_rule)
    return tail.expected_shortfall(losses, level, rules.es_rule)


def _sides(loss: Floats, weight: Floats, rules: HistoryRules) -> tuple[Floats, Floats]:
    """Initial and maintenance margin of losses (S, K), dollars, each (S,): factor × measure, never below 0."""
    losses = tail.tail(loss, weight)
    initial = rules.initial_factor * np.maximum(_measured(losses, rules, rules.initial_level), 0.0)
    maintenance = rules.maintenance_factor * np.maximum(_measured(losses, rules, rules.maintenance_level), 0.0)
    return initial, maintenance


def _part(name: str, asked: tuple[Floats, Floats], rules: HistoryRules) -> Part:
    return Part("history.measure", f"{name} alone: {rules.measure}", name, *asked, is_core=True)


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
               rules: HistoryRules) -> tuple[Scenarios, ...]:
    single = len(joint.at) == 1
    move = joint.relative[:, 0] if single else np.full(len(words), np.nan)
    volatility = ["same" if not rules.volatility_beta else "with the price"] * len(words)
    return (Scenarios(words.underlyings[0] if single else "", words, move, volatility, profit, setting),)


def _worst(profit: Floats, setting: tuple[int, ...], words: Words, rules: HistoryRules) -> str:
    if profit[list(setting)].mean() >= 0:
        return "The tail of the joint moves loses nothing."
    kind = "Value at risk" if rules.measure == "value at risk" else "Expected shortfall"
    over = f"{rules.maintenance_level * 100:.4g} % over {rules.horizon:g} day{'' if rules.horizon == 1 else 's'}"
    if len(setting) == 1:
        return f"{kind}, {over}: set by {words[setting[0]]}."
    return f"{kind}, {over}: set by {len(setting)} moves, the worst {words[setting[0]]}."
