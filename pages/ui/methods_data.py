"""What the methods page shows: one account under chosen rulebooks, each answer kept by the content it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import streamlit as st

from pages.ui import cached, controls, sizes, state, view
from pages.ui.cached import ENTRIES, HOUR
from pages.ui.rulebook_choices import IN_FORCE, Offered, offered
from risk_core.arrays import Floats
from risk_core.errors import MarginscopeError, Problem, Refused
from risk_core.liquidation.distance import distance
from risk_core.liquidation.thresholds import Liquidation
from risk_core.margin.compare import compare
from risk_core.margin.leg_steps import LegStep, between_rows, increments, leg_steps
from risk_core.margin.methods.demand import Demand
from risk_core.margin.methods.scenarios.grid_error import GridError
from risk_core.margin.rulebook_table import Asked, NotAsked, under
from risk_core.portfolio.account_file import Account
from risk_core.portfolio.whatif import WhatIf

USUAL = (IN_FORCE, "derive-pm2", "deribit-pm", "span", "tims", "expected-shortfall", "simm")
"""Chosen when the page opens, of those there are."""


@dataclass(frozen=True)
class Seen:
    """The draft at the present controls. offered: the rulebooks beside the one in force."""

    draft: state.Draft
    account: Account
    controls: state.Controls
    offered: Mapping[str, Offered] = field(default_factory=offered)

    @property
    def moved(self) -> bool:
        """True when anything on screen is hypothetical."""
        return not self.controls.is_now

    def question(self, choice: str) -> cached.Asked:
        """The account at the what-if under one choice. Raises Refused."""
        if choice == IN_FORCE:
            return view.asked(self.account, self.controls)
        return self.under(choice, self.controls.what_if)

    def under(self, choice: str, what_if: WhatIf) -> cached.Asked:
        """The account at a what-if under a rulebook that is offered. Raises Refused."""
        if choice not in self.offered:
            raise Refused([Problem("rules", choice, "is no rulebook that is offered")])
        return cached.Asked(self.account, self.offered[choice].rulebook, what_if)

    @property
    def choices(self) -> tuple[str, ...]:
        """Every rulebook with portfolio margin that can be chosen, the one in force first."""
        return IN_FORCE, *(key for key, one in self.offered.items() if one.rulebook.rules.whole)

    def label(self, choice: str) -> str:
        """What a choice is called: a shipped rulebook by its short name."""
        one = self.offered.get(choice)
        return choice if one is None or one.kind == "Shipped" else one.label


@dataclass(frozen=True)
class Row:
    """One rulebook of the table."""

    question: cached.Asked
    asked: Asked
    in_force: bool


@dataclass(frozen=True)
class Level:
    """The nearest liquidation level of a pool along any single price. reason: why there can be no figure."""

    underlying: str = ""
    found: Liquidation | None = None
    reason: str = ""


def present() -> Seen:
    """The session's draft at the present controls. Raises StoreError, Refused."""
    held = state.draft()
    account = state.account(held)
    return Seen(held, account, controls.present(account))


def rows(seen: Seen, chosen: Iterable[str]) -> tuple[list[Row], list[NotAsked]]:
    """Rulebooks with a figure, most initial margin first, and those without; each once."""
    found: list[Row] = []
    missing: list[NotAsked] = []
    known: set[str] = set()
    for choice in sorted(chosen, key=lambda one: one != IN_FORCE):
        question = seen.question(choice)
        if question.rules.digest in known:
            continue
        known.add(question.rules.digest)
        answer = asked(question)
        if isinstance(answer, Asked):
            found.append(Row(question, answer, choice == IN_FORCE))
        else:
            missing.append(answer)
    return sorted(found, key=lambda row: -row.asked.initial), missing


@st.cache_resource(max_entries=8 * ENTRIES, ttl=HOUR, show_spinner=False)
def _asked(text: str, _question: cached.Asked) -> Asked | NotAsked:  # noqa: ARG001 - the text is the key
    try:
        return under(cached.moved(_question.within(sizes.CHARGED)), _question.rules)
    except MarginscopeError as refused:
        return NotAsked(_question.rules, str(refused))


def asked(question: cached.Asked) -> Asked | NotAsked:
    """What the rulebook asks of the account after the what-if in portfolio mode.

    One answer serves rulebooks of equal values; each keeps its own title.
    """
    return replace(_asked(question.text, question), rulebook=question.rules)


@st.cache_resource(max_entries=8 * ENTRIES, ttl=HOUR, show_spinner=False)
def _level(text: str, _question: cached.Asked) -> Level:  # noqa: ARG001
    try:
        account = cached.moved(_question.within(sizes.COMPARED))
        modes = compare(account, _question.rules, ["portfolio"]).modes
    except MarginscopeError as refused:
        return Level(reason=f"none: {refused}")
    found = modes["portfolio"].liquidation if "portfolio" in modes else {}
    near = [Level(name, one) for name, one in found.items() if one.now or one.nearest is not None]
    return min(near, key=lambda one: _reach(account, one), default=Level())


def level(question: cached.Asked) -> Level:
    """Where the pool is liquidated first along any single price; sampled methods take a while."""
    return _level(question.text, question)


def _reach(account: Account, one: Level) -> float:
    if one.found is None or one.found.nearest is None or one.found.now:
        return 0.0
    return distance(account.market.underlyings[one.underlying], one.found.nearest).reach


@st.cache_resource(max_entries=2 * ENTRIES, ttl=HOUR, show_spinner=False)
def _opened(text: str, _asked: Asked) -> tuple[tuple[LegStep, ...], tuple[GridError, ...]]:  # noqa: ARG001
    return leg_steps(_asked), between_rows(_asked)


def opened(row: Row) -> tuple[tuple[LegStep, ...], tuple[GridError, ...]]:
    """Each step by leg, and what lies between the rows of the scenarios. Raises TooLarge."""
    row.question.within(sizes.OPENED)
    return _opened(row.question.text, row.asked)


@st.cache_resource(max_entries=2 * ENTRIES, ttl=HOUR, show_spinner=False)
def _more(text: str, _asked: Asked) -> Floats:  # noqa: ARG001
    return increments(_asked)


def more(row: Row) -> Floats:
    """What 1 % more of each leg asks, dollars (P,). Raises TooLarge."""
    row.question.within(sizes.OPENED)
    return _more(row.question.text, row.asked)


def demand(one: Asked) -> Demand | None:
    """What the method demands now; None for a scan by rows."""
    return one.holding.now.demand
