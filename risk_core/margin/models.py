"""A margin mode is a grouping and a charge: who shares collateral, and what must be held.

A further mode is a further row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Flags
from ..errors import Problem, Refused
from ..portfolio.account_file import Account
from ..portfolio.book import Book
from ..rulebooks.rules import Rules
from .charges import options
from .methods import choose
from .netting import net
from .pools import named, pools

Charge = Literal["tiered", "whole"]


@dataclass(frozen=True, slots=True)
class Mode:
    """One margin mode. isolated: which legs (P,) stand alone; the others share the pool.

    charge: each leg by tier, or a pool as a whole.
    """

    name: str
    title: str
    isolated: Callable[[Book], Flags]
    charge: Charge
    meaning: str
    splits: bool

    def __post_init__(self) -> None:
        if self.splits and self.charge == "whole":
            raise ValueError(f"{self.name}: a whole pool is charged at once; legs that stand alone are charged by tier")

    def counts_option_value(self, rules: Rules) -> bool:
        """Whether the market value of options, with its sign, is part of equity: in a pool charged whole or by rule."""
        return self.charge == "whole" or (rules.options is not None and rules.options.mark_in == "equity")


def _none(book: Book) -> Flags:
    return np.zeros(len(book.ids), dtype=np.bool_)


def _all(book: Book) -> Flags:
    return np.ones(len(book.ids), dtype=np.bool_)


def _own(book: Book) -> Flags:
    return book.isolated


MODES = {
    mode.name: mode
    for mode in (
        Mode("as_held", "As held", _own, "tiered", "Each leg in its own mode, as the account holds it now.", True),
        Mode("isolated", "Isolated", _all, "tiered", "Each leg alone, backed by the collateral pledged to it.", True),
        Mode("cross", "Cross", _none, "tiered",
             "All legs share one pool; each instrument is charged by itself.", False),
        Mode("portfolio", "Portfolio", _none, "whole",
             "All legs share one pool and are charged together by the rulebook's method.", False),
    )
}
"""The modes by name, in the order in which they are shown. splits: reports a pool beside its isolated legs."""


def chosen(names: Iterable[str]) -> tuple[Mode, ...]:
    """The modes called `names`, in the order of the table. Raises Refused for a name that is none."""
    wanted = tuple(names)
    unknown = [name for name in wanted if name not in MODES]
    if unknown:
        rule = "is not a margin mode; there are " + ", ".join(MODES)
        raise Refused([Problem("modes", name, rule) for name in unknown])
    return tuple(mode for mode in MODES.values() if mode.name in wanted)


def unavailable(mode: Mode, account: Account, rules: Rules) -> str | None:
    """Why the rulebook does not define `mode` for this account; None when it does."""
    shared = pools(account, rules)
    if mode.charge == "whole":
        if not rules.whole:
            return "this rulebook has no portfolio margin"
        wallets = " and ".join(named(shared.id(pool)) for pool in range(shared.count))
        several = f"its method charges one pool, and here there are the {wallets}"
        return several if shared.count > 1 else choose.unavailable(account, rules)
    if rules.options is None and account.instruments.is_option.any():
        return "this rulebook has no margin of options by themselves, and the account holds some"
    if rules.options is None or not rules.options.charges_longs:
        return None
    return options.unsearched(account, net(account, mode.isolated(account.book), shared), rules.options)


def usable(names: Iterable[str], account: Account, rules: Rules) -> tuple[Mode, ...]:
    """The modes called `names` that the rulebook defines for this account. Raises Refused for a name that is none."""
    return tuple(mode for mode in chosen(names) if unavailable(mode, account, rules) is None)
