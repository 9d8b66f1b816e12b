"""The caches of the app, with those of `nearest_points`: bounded, keyed by content hashes and small frozen values.

Arguments that begin with an underscore are not part of the key: they are what a hash beside them stands for. What is
returned is shared between sessions and is read-only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import streamlit as st

from db.store import Store, StoredAccount, open_store
from pages.ui import sizes
from pages.ui.plans import COINS, DAYS, VOLATILITY, Plan
from risk_core.liquidation.assumptions import Range, ranges
from risk_core.liquidation.frontier import Map, price_and_days, price_and_volatility, two_prices
from risk_core.liquidation.played import Played
from risk_core.liquidation.played import played as run_down
from risk_core.liquidation.triggers import Trigger, triggers
from risk_core.margin.compare import Comparison, compare
from risk_core.margin.curves import Line, Walk, walk
from risk_core.margin.models import MODES
from risk_core.margin.models import unavailable as why_unavailable
from risk_core.margin.pledges import pinned
from risk_core.portfolio.account_file import Account, read_document
from risk_core.portfolio.structures import Structure, structures
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks import load
from risk_core.rulebooks.rules import Rulebook

ENTRIES: Final = 64
HOUR: Final = 3600.0

LADDER: Final = np.unique(np.concatenate([np.geomspace(0.05, 5.0, 120), np.linspace(0.5, 1.5, 201)]))
"""Multiples of the present price at which the picture's lines are drawn: fine around now."""


@dataclass(frozen=True)
class Asked:
    """One question to the core: an account at a what-if. Two with equal text have equal answers."""

    account: Account
    rules: Rulebook
    what_if: WhatIf

    @property
    def text(self) -> str:
        """Content hashes and moves; the key of every answer."""
        prices = sorted((name, factor) for name, factor in self.what_if.prices.items() if factor != 1)
        moves = (self.what_if.price, prices, self.what_if.volatility, self.what_if.days, self.what_if.size,
                 self.what_if.leverage)
        return f"{self.account.digest} {self.rules.digest} {moves!r}"

    def within(self, most: sizes.Most) -> Asked:
        """The question itself. Raises TooLarge where its book is larger than such a figure is computed for."""
        sizes.check(most, self.account, self.rules.rules)
        return self


MAPS: Final = {COINS: sizes.COINS, VOLATILITY: sizes.VOLATILITY, DAYS: sizes.DAYS}
"""The largest book of each kind of map."""


@st.cache_resource(max_entries=1, show_spinner=False)
def store() -> Store:
    """The account store of this process. Raises StoreError."""
    return open_store()


@st.cache_resource(max_entries=ENTRIES, ttl=HOUR, show_spinner=False)
def account(digest: str, _document: Mapping[str, Any]) -> Account:  # noqa: ARG001 - the hash is the key
    """The document as the core reads it. Raises Refused."""
    return read_document(_document)


@st.cache_resource(max_entries=ENTRIES, ttl=HOUR, show_spinner=False)
def _resolved(rules: str) -> Rulebook:
    return load.resolve(json.loads(rules))


def asked(held: Account, what_if: WhatIf) -> Asked:
    """The question of an account under its own rules at a what-if. Raises Refused."""
    return Asked(held, _resolved(json.dumps(held.rules, sort_keys=True)), what_if)


def asked_under(held: Account, rules: Any, what_if: WhatIf) -> Asked:
    """The question of an account under other rules, chosen as an account file does. Raises Refused."""
    return Asked(held, rulebook(rules), what_if)


def rulebook(rules: Any) -> Rulebook:
    """The rulebook that `rules` of an account file choose. Raises Refused."""
    return _resolved(json.dumps(rules, sort_keys=True))


@st.cache_resource(max_entries=4 * ENTRIES, ttl=HOUR, show_spinner=False)
def _moved(text: str, _asked: Asked) -> Account:  # noqa: ARG001 - the text is the key
    return move(pinned(_asked.account, _asked.rules), _asked.what_if)


def moved(question: Asked) -> Account:
    """The account after the what-if. Raises Refused."""
    return _moved(question.text, question)


@st.cache_resource(max_entries=4 * ENTRIES, ttl=HOUR, show_spinner=False)
def _compared(text: str, _asked: Asked) -> Comparison:  # noqa: ARG001
    return compare(moved(_asked), _asked.rules)


@st.cache_resource(max_entries=4 * ENTRIES, ttl=HOUR, show_spinner=False)
def _unavailable(text: str, _asked: Asked) -> Mapping[str, str]:  # noqa: ARG001
    held, rules = moved(_asked), _asked.rules.rules
    reasons = {mode.name: why_unavailable(mode, held, rules) for mode in MODES.values()}
    return {name: reason for name, reason in reasons.items() if reason}


def unavailable(question: Asked) -> Mapping[str, str]:
    """The modes the rulebook does not define for the account after the what-if, with the reason. Raises Refused."""
    return _unavailable(question.text, question)


def compared(question: Asked) -> Comparison:
    """Every mode of the account after the what-if. Raises Refused, Unsettled."""
    return _compared(question.text, question.within(sizes.COMPARED))


@st.cache_resource(max_entries=2 * ENTRIES, ttl=HOUR, show_spinner=False)
def _walked(text: str, along: tuple[str, ...], modes: tuple[str, ...], factor: float, _asked: Asked) -> Walk:  # noqa: ARG001
    return _rebased(walk(moved(_asked), _asked.rules, along, LADDER / factor, modes), factor)


def walked(question: Asked, along: tuple[str, ...], modes: tuple[str, ...], factor: float) -> Walk:
    """Modes while the prices of `along` move together, the account otherwise as after the what-if.

    factor: where the what-if stands on this walk; factors of the answer are multiples of the price before it.
    Raises Refused, Unsettled.
    """
    return _walked(question.text, along, modes, factor, question.within(sizes.WALKED))


def _rebased(found: Walk, factor: float) -> Walk:
    levels = {
        mode: tuple(Line(line.who, tuple((low * factor, high * factor) for low, high in line.regions))
                    for line in lines)
        for mode, lines in found.levels.items()
    }
    return replace(found, factors=found.factors * factor, levels=levels)


@st.cache_resource(max_entries=2 * ENTRIES, ttl=HOUR, show_spinner=False)
def _triggered(text: str, modes: tuple[str, ...], _asked: Asked) -> tuple[Trigger, ...]:  # noqa: ARG001
    return triggers(moved(_asked), _asked.rules, modes)


def triggered(question: Asked, modes: tuple[str, ...]) -> tuple[Trigger, ...]:
    """Where every pool and leg is liquidated after the what-if. Raises Refused, Unsettled."""
    return _triggered(question.text, modes, question.within(sizes.TRIGGERED))


@st.cache_resource(max_entries=ENTRIES, ttl=HOUR, show_spinner=False)
def _ranged(text: str, modes: tuple[str, ...], _asked: Asked) -> tuple[Range, ...]:  # noqa: ARG001
    return ranges(moved(_asked), _asked.rules, modes)


def ranged(question: Asked, modes: tuple[str, ...]) -> tuple[Range, ...]:
    """Liquidation prices of a pool's positions under each assumption of the rest. Raises Refused, Unsettled."""
    return _ranged(question.text, modes, question.within(sizes.RANGED))


@st.cache_resource(max_entries=ENTRIES, ttl=HOUR, show_spinner=False)
def _played(text: str, modes: tuple[str, ...], _asked: Asked) -> tuple[Played, ...]:  # noqa: ARG001
    return run_down(moved(_asked), _asked.rules, modes)


def played(question: Asked, modes: tuple[str, ...]) -> tuple[Played, ...]:
    """The liquidation of each mode, step by step. Raises Refused, Unsettled."""
    return _played(question.text, modes, question.within(sizes.PLAYED))


@st.cache_resource(max_entries=ENTRIES, ttl=HOUR, show_spinner=False)
def _mapped(text: str, plan: Plan, modes: tuple[str, ...], _asked: Asked) -> Map:  # noqa: ARG001
    what_if, rules = _asked.what_if, _asked.rules
    x = plan.x / plan.here[0]
    if plan.kind == DAYS:
        held = pinned(_asked.account, rules)
        found = price_and_days(held, rules, plan.moved, x, plan.y, modes, what_if)
    elif plan.kind == VOLATILITY:
        found = price_and_volatility(moved(_asked), rules, plan.moved, x, plan.y / plan.here[1], modes)
    else:
        pair = plan.moved[0], plan.moved[1]
        found = two_prices(moved(_asked), rules, pair, x, plan.y / plan.here[1], modes)
    return replace(found, x=plan.x, y=plan.y)


def mapped(question: Asked, plan: Plan, modes: tuple[str, ...]) -> Map:
    """Least buffer of each mode over the plan's grid, the account otherwise as after the what-if. Raises Refused."""
    return _mapped(question.text, plan, modes, question.within(MAPS[plan.kind]))


@st.cache_resource(max_entries=ENTRIES, ttl=HOUR, show_spinner=False)
def version(account_id: str, number: int) -> StoredAccount:
    """One saved version of an account; versions never change. Raises StoreError."""
    return store().load_version(account_id, number)


@st.cache_resource(max_entries=ENTRIES, ttl=HOUR, show_spinner=False)
def recognised(digest: str, _account: Account) -> tuple[Structure, ...]:  # noqa: ARG001 - the hash is the key
    """What the legs of an account are together."""
    return structures(_account)
