"""Charge of each net on its own: futures and perpetuals by tier, options by formula; a bucket's is the sum.

`requirement` values states, `maintenance_lines` says the same thing as lines along walks; `tests/core/test_lines.py`
holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...arrays import Flags, Floats, Ints
from ...portfolio.account_file import Account
from ...rulebooks.rules import Rules
from ..netting import Nets
from . import futures, larger_side, options
from .form import LineSum
from .futures import Futures


@dataclass(frozen=True, eq=False)
class Requirement:
    """Margin of each net, dollars, all (S, N). closing_fee: the part of maintenance that is kept back for closing."""

    initial: Floats
    maintenance: Floats
    closing_fee: Floats


def requirement(account: Account, nets: Nets, rules: Rules, factors: Floats) -> Requirement:
    """Margin of each net with the underlyings' prices multiplied by factors (S, U)."""
    initial, maintenance, fee = (np.zeros((len(factors), len(nets.quantity))) for _ in range(3))
    plain = _plain(account, nets)
    if len(plain):
        held = Futures(account, nets, plain, rules)
        initial[:, plain], maintenance[:, plain], fee[:, plain] = futures.requirement(held, factors)
        initial, maintenance, fee = _counted(larger_side.pairs(account, nets, rules), nets, initial, maintenance, fee)
    if rules.options:
        asked = options.charged(account, nets, rules.options)
        initial[:, asked], maintenance[:, asked] = options.requirement(account, nets, asked, rules.options, factors)
    return Requirement(initial, maintenance, fee)


def _counted(of: Ints, nets: Nets, initial: Floats, maintenance: Floats, fee: Floats) -> tuple[Floats, Floats, Floats]:
    """The margins and the fee in maintenance, (S, N), where of opposite sides the larger alone is charged."""
    if of.max(initial=larger_side.NONE) == larger_side.NONE:
        return initial, maintenance, fee
    kept = larger_side.only(of, nets, maintenance)
    return larger_side.only(of, nets, initial), kept, np.where(kept == 0, 0.0, fee)


def _plain(account: Account, nets: Nets) -> Ints:
    return np.flatnonzero(~account.instruments.is_option[nets.instrument])


def notional_now(account: Account, nets: Nets, at: Ints) -> Floats:
    """Present notional of futures and perpetuals `at`, dollars: |q| × mark, or |face| when inverse; (len(at),)."""
    inst = nets.instrument[at]
    return np.abs(nets.quantity[at]) * np.where(account.instruments.inverse[inst], 1.0, account.instruments.mark[inst])


def maintenance_lines(account: Account, nets: Nets, rules: Rules, lines: LineSum, at: Ints, row: Ints,
                      shift: Floats, scale: Floats, now: Floats, second: Flags) -> None:
    """Take the maintenance of nets `at` off rows `row`; prices are multiplied by shift + scale·k; all (E,).

    now: (N,) maintenance of every net at present prices. second: (E,), see `options.lines`.
    """
    option = account.instruments.is_option[nets.instrument[at]]
    still = scale == 0
    if still.any():
        lines.add(row[still], -now[at[still]])

    def chosen(which: Flags) -> tuple[Ints, Ints, Floats, Floats]:
        return at[which], row[which], shift[which], scale[which]

    plain, moved = ~still & ~option, ~still & option
    if plain.any():
        these, rows, shifts, scales = chosen(plain)
        futures.lines(Futures(account, nets, these, rules), lines, rows, shifts, scales)
    if moved.any() and rules.options:
        these, rows, shifts, scales = chosen(moved)
        options.lines(account, nets, rules.options, lines, these, rows, shifts, scales, second[moved])


def closing_lines(account: Account, nets: Nets, rules: Rules, lines: LineSum, at: Ints, row: Ints,
                  shift: Floats, scale: Floats) -> None:
    """Take the closing fee of nets `at` off rows `row`; as `maintenance_lines`."""
    plain = ~account.instruments.is_option[nets.instrument[at]]
    if plain.any():
        held = Futures(account, nets, at[plain], rules)
        fee = held.closing_fee()
        lines.add(row[plain], -(fee.still + fee.moving * shift[plain]), -fee.moving * scale[plain])
