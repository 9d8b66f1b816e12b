"""What this session works on: one draft of an account, and the values of the what-if controls.

Pages read `draft()` and `view.present()`; edits go through `set_document`, which also keeps them across a refresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from db.store import StoredAccount
from pages.ui import cached, keeping, linked
from pages.ui.draft import Draft
from risk_core.portfolio.account_file import Account
from risk_core.portfolio.whatif import WhatIf

DRAFT = "draft"
"""Key of the session, and the link's parameter for the key under which unsaved work is kept."""
ASIDE = "draft put aside"
LINK, VERSION, LINK_ASIDE = "account", "version", "aside"
"""Query parameters that name the account, its version, and unsaved work left by opening another account."""
DESK_LINK, DESK_KEY = "desk", "desk key"
"""Query parameter, and key of the session, that hold the key under which history and typing are kept."""
OF_THIS_TAB = (DRAFT, LINK_ASIDE, DESK_LINK)
"""Query parameters that lead to unsaved work: no part of a link that is given away."""
NOTE = "note"
TOGETHER = ""
"""Stands for all prices moving together, where an underlying's name could stand."""


@dataclass(frozen=True)
class Controls:
    """The what-if control values of one run. Prices and volatility in percent from now, days forward.

    together: move of all prices; prices: further move by underlying. size, leverage: factors, 1 for as it is.
    rules: a rulebook of `own_rules` instead of the account's own, by its key; empty for that.
    """

    together: float = 0.0
    prices: tuple[tuple[str, float], ...] = field(default=())
    volatility: float = 0.0
    days: float = 0.0
    size: float = 1.0
    leverage: float = 1.0
    rules: str = ""

    @property
    def is_now(self) -> bool:
        """True when nothing is hypothetical."""
        return self.what_if.is_now and not self.rules

    @property
    def what_if(self) -> WhatIf:
        """The moves as the core takes them."""
        moves = {name: 1.0 + percent / 100.0 for name, percent in self.prices if percent}
        return WhatIf(1.0 + self.together / 100.0, moves, 1.0 + self.volatility / 100.0, self.days, self.size,
                      self.leverage)


def draft() -> Draft:
    """The draft of this session; at the first run that of the link, else the first sample. Raises StoreError."""
    if DRAFT not in st.session_state:
        _open_first()
    held: Draft = st.session_state[DRAFT]
    _follow(held)
    return held


def open_account(account_id: str, version: int | None = None) -> Draft:
    """The stored account becomes the draft, at an earlier version where asked; unsaved changes are put aside for it.

    Raises StoreError.
    """
    stored = cached.store().load(account_id)
    if version is not None and version != stored.version:
        stored = cached.store().load_version(account_id, version)
    _put_aside()
    is_sample = any(one.id == account_id and one.is_sample for one in cached.store().list_accounts())
    return _hold(_opened(stored, is_sample=is_sample))


def put_aside() -> Draft | None:
    """The last draft that was left with unsaved changes."""
    aside: Draft | None = st.session_state.get(ASIDE)
    return aside


def drop_aside() -> None:
    """Let the draft put aside go."""
    keeping.forget(st.session_state.pop(ASIDE, None))


def take_back() -> None:
    """The draft put aside becomes the draft again; one with unsaved changes takes its place."""
    aside, held = put_aside(), draft()
    if aside is None:
        return
    _hold(aside)
    if is_changed(held):
        st.session_state[ASIDE] = held
    else:
        del st.session_state[ASIDE]


def set_document(document: Mapping[str, Any], label: str | None = None) -> Draft:
    """The edited document replaces the draft's; the account it belongs to stays the same. Raises Refused.

    It is kept in the store until it is saved. Call it in a callback: a run may be cut short.
    """
    held = draft()
    named = label or str(document.get("name") or held.label)
    changed = replace(held, document=document, label=named)
    account(changed)
    return _hold(changed)


def new_document(document: Mapping[str, Any], label: str | None = None) -> Draft:
    """A document never saved becomes the draft; one with unsaved changes is put aside for it. Raises Refused."""
    made = Draft(document, label=label or str(document.get("name") or "Untitled"))
    account(made)
    _put_aside()
    return _hold(made)


def mark_saved(stored: StoredAccount) -> Draft:
    """The draft is what the store now holds; a copy of a sample is the user's own account."""
    held: Draft | None = st.session_state.get(DRAFT)
    same = held is not None and held.account_id == stored.id
    keeping.forget(held)
    return _hold(_opened(stored, is_sample=bool(same and held and held.is_sample)))


def is_changed(held: Draft) -> bool:
    """True when the draft differs from what is stored, or was never stored."""
    return held.is_changed


def account(held: Draft) -> Account:
    """The draft as the core reads it, from the cache. Raises Refused."""
    return cached.account(held.digest, held.document)


def note() -> str:
    """What the frame has to tell once; empty for nothing."""
    return str(st.session_state.pop(NOTE, ""))


def _opened(stored: StoredAccount, *, is_sample: bool) -> Draft:
    document = stored.account.document
    label = stored.account.name or "Untitled"
    return Draft(document, stored.id, stored.version, stored.account.digest, is_sample, label)


def _open_first() -> None:
    """What the link asks for: unsaved work, else an account, else the first sample."""
    asked, key = st.query_params.get(LINK), st.query_params.get(DRAFT)
    st.session_state[DESK_KEY] = st.query_params.get(DESK_LINK, "")
    left = keeping.found(st.query_params.get(LINK_ASIDE))
    if left is not None:
        st.session_state[ASIDE] = left
    held = keeping.found(key)
    if held is not None:
        st.session_state[NOTE] = f"Your unsaved changes to “{held.label}” are back."
        _hold(held, write=False)
        return
    if key:
        st.session_state[NOTE] = "The unsaved changes of this link were saved, dropped or have expired."
    accounts = cached.store().list_accounts()
    samples = [one.id for one in accounts if one.is_sample]
    versions = {one.id: one.version for one in accounts}
    chosen = asked if asked in versions else (samples or list(versions))[0]
    version = st.query_params.get(VERSION, "")
    earlier = asked == chosen and version.isdecimal() and len(version) < 10 and 0 < int(version) < versions[chosen]
    open_account(chosen, int(version) if earlier else None)


def _put_aside() -> None:
    left: Draft | None = st.session_state.get(DRAFT)
    if left is not None and is_changed(left):
        st.session_state[ASIDE] = left


def _hold(held: Draft, *, write: bool = True) -> Draft:
    st.session_state[DRAFT] = held = keeping.kept(held) if write else held
    return held


def _follow(held: Draft) -> None:
    """The link names what is on screen, so that a refresh or a copied address opens it."""
    aside = put_aside()
    wanted = {**address(held), DRAFT: held.key, LINK_ASIDE: aside.key if aside else "",
              DESK_LINK: st.session_state.get(DESK_KEY, "")}
    linked.put_all({name: [value] if value else [] for name, value in wanted.items()})


def address(held: Draft) -> dict[str, str]:
    """The query parameters that name the saved account: id and version, each empty where there is none."""
    version = "" if held.is_sample or held.version is None else str(held.version)
    return {LINK: held.account_id or "", VERSION: version}
