"""The user's own rulebooks as a choice: what each is called and the rules it stands for, by the key of the choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from db.own_rulebooks import OwnRulebook
from pages.ui import cached
from risk_core.errors import MarginscopeError
from risk_core.portfolio.account_file import Account
from risk_core.portfolio.whatif import WhatIf
from risk_core.rulebooks import load
from risk_core.rulebooks.rules import Rulebook

SEEN = "own rulebooks offered"
"""Session key of those that the rulebook control offers, as they were when it was drawn."""


@dataclass(frozen=True)
class Own:
    """One of them. rules: as an account file chooses it."""

    name: str
    rules: Any

    @property
    def label(self) -> str:
        """Whose it is, and its name."""
        return f"Yours: {self.name}"

    @property
    def rulebook(self) -> Rulebook:
        """With its name for a title. Raises Refused."""
        return cached.rulebook(self.rules).model_copy(update={"title": self.name})


def rules_of(one: OwnRulebook) -> Any:
    """One's own rulebook as an account file writes it."""
    return {"base": one.base, "override": one.override} if one.override else one.base


def owned() -> dict[str, Own]:
    """By key, in the order of their names. Left out: one that is damaged or refused; My rulebooks says which and why.

    Raises StoreError.
    """
    found = {}
    for one in cached.store().own_rulebooks.list_all():
        rules = rules_of(one)
        try:
            cached.rulebook(rules)
        except MarginscopeError:
            continue
        found[f"own {one.id}"] = Own(one.name, rules)
    return found


def offer() -> list[str]:
    """The keys of a what-if's rulebooks: the shipped ones by name, then one's own. Raises StoreError."""
    st.session_state[SEEN] = owned()
    return [*load.names(), *_seen()]


def _seen() -> Mapping[str, Own]:
    found: Mapping[str, Own] = st.session_state.get(SEEN, {})
    return found


def is_offered(key: str) -> bool:
    """Whether the what-if can be under this rulebook."""
    return key in load.names() or key in _seen()


def label(key: str) -> str:
    """What a choice is called, on screen and in the link: a shipped rulebook by its short name."""
    return _seen()[key].label if key in _seen() else key


def rules(key: str) -> Any:
    """What an account file says of the rulebook chosen."""
    return _seen()[key].rules if key in _seen() else key


def asked(account: Account, key: str, what_if: WhatIf) -> cached.Asked:
    """The question of an account under the rulebook chosen. Raises Refused."""
    if key in _seen():
        return cached.Asked(account, _seen()[key].rulebook, what_if)
    return cached.asked_under(account, key, what_if)
