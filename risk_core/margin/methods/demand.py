"""What a method is asked and what it answers: a pool at states, and what it demands there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...arrays import Floats
from ...portfolio.account_file import Account

Side = Literal["initial", "maintenance"]


@dataclass(frozen=True, eq=False)
class Pool:
    """What is charged as one, at S states.

    quantity: (S, I) net quantity of each of the account's instruments; it may differ from state to state, so that books
    with and without a leg are states of one call. factors: (S, U), what the underlyings' prices are multiplied by.
    collateral: (A,) amounts that a method may set against the pool's own risk, 0 where a leg is looked at by itself.
    """

    account: Account
    quantity: Floats
    factors: Floats
    collateral: Floats

    @property
    def states(self) -> int:
        return len(self.factors)


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a demand, dollars: the parts of a demand add up to it at every state.

    key: of the parameter or formula it comes from, the same at every state. title: in words. underlying: its name, ""
    where the part is about several. initial, maintenance: (S,), below 0 where the part is a relief. is_core: what the
    scenarios, the history or the sensitivities ask, as against an add-on.
    """

    key: str
    title: str
    underlying: str
    initial: Floats
    maintenance: Floats
    is_core: bool = False


@dataclass(frozen=True, eq=False)
class Scenarios:
    """What a book of scenarios makes of the pool at its first state, for the risk matrix.

    underlying: its name, "" where scenarios move several. words: of each of K rows. move: (K,) relative price moves,
    NaN where a row moves several underlyings. volatility: (K,) key of the state: `up`, `same`, `down`, `skew`, `wings`;
    `up by points`, `down by points` where these stand beside relative ones; `with the price`. volatility_factor: (K,)
    what implied volatility is multiplied by, the mean over the options held, NaN where none is moved. profit: (K,)
    dollars as the method counts it. setting: the rows that set the figure, the worst first; several for a tail mean.
    weight: (K,) probabilities of the rows, None where the method gives them none.
    """

    underlying: str
    words: Sequence[str]
    move: Floats
    volatility: Sequence[str]
    volatility_factor: Floats
    profit: Floats
    setting: tuple[int, ...]
    weight: Floats | None = None


@dataclass(frozen=True, eq=False)
class Demand:
    """What a method demands of a pool: parts that add up, the scenarios behind them, and what sets the figure.

    worst: what sets the maintenance margin at the first state, in words. notes: what was assumed; left_out: what the
    rulebook asks and cannot be charged, with the reason; a sentence each.
    """

    parts: tuple[Part, ...]
    scenarios: tuple[Scenarios, ...]
    worst: str
    states: int
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def initial(self) -> Floats:
        """Initial margin, dollars (S,)."""
        return self._sum("initial", self.parts)

    @property
    def maintenance(self) -> Floats:
        """Maintenance margin, dollars (S,)."""
        return self._sum("maintenance", self.parts)

    @property
    def core(self) -> tuple[Part, ...]:
        """The parts of the core, as against add-ons."""
        return tuple(part for part in self.parts if part.is_core)

    def core_sum(self, side: Side, underlying: str | None = None) -> Floats:
        """One side of the core, of the parts of `underlying` alone where one is given; dollars (S,)."""
        return self._sum(side, [part for part in self.core if underlying in (None, part.underlying)])

    def _sum(self, side: Side, parts: Iterable[Part]) -> Floats:
        out = np.zeros(self.states)
        for part in parts:
            out += getattr(part, side)
        return out


def mean_factor(factor: Floats) -> Floats:
    """What scenarios multiply implied volatility by, (K, o) of the options held, in the mean, (K,); NaN without any."""
    return np.asarray(factor.mean(axis=1)) if factor.shape[1] else np.full(len(factor), np.nan)
