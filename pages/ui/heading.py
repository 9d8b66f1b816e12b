"""Top of a page: which account, what it is about, whose data, under which rules, at what time."""

from __future__ import annotations

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from db.store import AccountSummary
from pages.ui import cached, controls, demo_data, markup, newest, older, state, words
from pages.ui.telling import told

PICK = "picked_account"
UNSAVED = ""


def account_header() -> state.Draft:
    """The account picker and what belongs to the account; returns the draft. Raises StoreError, Refused."""
    held = state.draft()
    accounts = {one.id: one for one in _grouped(cached.store().list_accounts())}
    options = [*([UNSAVED] if held.account_id not in accounts else []), *accounts]
    st.session_state[PICK] = held.account_id if held.account_id in accounts else UNSAVED
    left, right = st.columns([5, 9], gap="medium")
    left.selectbox("Account", options, key=PICK, on_change=_picked,
                   format_func=lambda one: _label(accounts.get(one), held))
    about = accounts.get(held.account_id or UNSAVED)
    told_of = f'<p class="ms-story">{escape(about.description)}</p>' if about is not None else ""
    _aside(left)
    with left:
        newest.show(held)
    right.html(markup.html(f'<div class="ms-head">{_badges(held)}</div>{told_of}'))
    return held


def _aside(place: DeltaGenerator) -> None:
    """The way back to a draft that was left with unsaved changes."""
    aside = state.put_aside()
    if aside is not None:
        place.button(f"Back to “{words.escape(aside.label)}”, not saved", icon=":material/undo:", key="take_back",
                     type="tertiary", on_click=_take_back)


def _take_back() -> None:
    """Callback: the draft put aside, from now."""
    with told():
        state.take_back()
        controls.reset()


def is_demo(held: state.Draft) -> bool:
    """True where the market data are the samples' snapshot, also in a copy or an edit of a sample."""
    return held.is_sample or held.document.get("as_of") == demo_data.snapshot().as_of


def demo_note(held: state.Draft) -> str:
    """What a chart says of its data: demo, or their time."""
    as_of = f"as of {held.document['as_of']}"
    return f"{demo_badge(held)}, Marginscope" if is_demo(held) else f"Marginscope, {as_of}"


def demo_badge(held: state.Draft) -> str:
    """Day of the demo data, and of every price in it that is older. Raises Refused."""
    names = controls.held_underlyings(state.account(held))
    return ", ".join(part for part in (demo_data.snapshot().badge, older.prices(names)) if part)


def _grouped(accounts: list[AccountSummary]) -> list[AccountSummary]:
    return sorted(accounts, key=lambda one: not one.is_sample)


def _label(one: AccountSummary | None, held: state.Draft) -> str:
    if one is None:
        return f"Unsaved: {held.label}"
    return f"{'Sample' if one.is_sample else 'Saved'}: {one.name}"


def _picked() -> None:
    """Callback of the picker: open the account, from now."""
    account_id = st.session_state[PICK]
    if account_id == UNSAVED:
        return
    with told():
        state.open_account(account_id)
        controls.reset()


def _badges(held: state.Draft) -> str:
    account = state.account(held)
    rules = cached.asked(account, state.Controls().what_if).rules
    count = len(rules.overridden)
    changed = f", {count} {'value' if count == 1 else 'values'} changed" if count else ""
    parts = []
    if is_demo(held):
        parts.append(markup.badge(demo_badge(held), "demo", demo_data.snapshot().label))
    if state.is_changed(held):
        parts.append(markup.badge("Not saved" if held.account_id is None else "Edited, not saved", "edited"))
    legs, off = len(account.book.ids), len(account.document["positions"]) - len(account.book.ids)
    held_legs = f"{legs} {'leg' if legs == 1 else 'legs'}" + (f", {off} switched off" if off else "")
    facts = [f"Rules: <b>{escape(rules.title + changed)}</b>",
             f"As of <b>{account.market.as_of:%Y-%m-%d %H:%M} UTC</b>", escape(held_legs)]
    return "".join([*parts, *(f"<span>{fact}</span>" for fact in facts)])


def nothing_held(held: state.Draft) -> bool:
    """Tells that an account without an enabled leg has no margin to show; True when it has none."""
    if state.account(held).book.ids:
        return False
    st.info(f"“{words.escape(held.label)}” has no enabled leg, so nothing needs margin. Add one on the Portfolio page.")
    return True
