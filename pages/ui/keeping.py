"""Nothing is lost on refresh: unsaved drafts kept in the store under random keys, one open browser tab per key.

A key belongs to the tab that last wrote or opened it while that tab is open. A second tab that opens the same link
gets a copy under a key of its own, so that two tabs never overwrite each other; a refreshed tab takes up its old key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from secrets import token_urlsafe
from threading import Lock

import streamlit as st
from streamlit.runtime import Runtime, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from db.errors import StoreError
from pages.ui import cached, draft
from pages.ui.draft import Draft

NOT_KEPT = "draft not kept"
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass
class _Owners:
    """Which session holds each key; bounded."""

    held: dict[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def claim(self, key: str, session: str) -> bool:
        """True when the key is now this session's; False while another open tab has it."""
        with self.lock:
            owner = self.held.pop(key, session)
            is_free = owner == session or not is_open(owner)
            self.held[key] = session if is_free else owner
            while len(self.held) > 4096:
                self.held.pop(next(iter(self.held)))
            return is_free


@st.cache_resource(max_entries=1, show_spinner=False)
def _owners() -> _Owners:
    return _Owners()


def session_id() -> str:
    """The browser tab at work."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def is_open(session: str) -> bool:
    """True while that browser tab is connected."""
    return Runtime.exists() and get_instance().is_active_session(session)


def kept(held: Draft) -> Draft:
    """The draft with its unsaved state written to the store; with nothing unsaved, what was kept of it is dropped."""
    if not held.is_changed:
        forget(held)
        return replace(held, key="") if held.key else held
    key = overwrite(held.key, draft.written(held))
    if key:
        st.session_state.pop(NOT_KEPT, None)
    return held if key == held.key else replace(held, key=key)


def overwrite(key: str, text: str) -> str:
    """Keep a text of this tab under its key, or a fresh one while another tab has that; empty where that fails."""
    owned = key if key and _owners().claim(key, session_id()) else _fresh()
    try:
        cached.store().drafts.keep(owned, text)
    except StoreError as refused:
        st.session_state[NOT_KEPT] = str(refused)
        return ""
    return owned


def found(key: str | None) -> Draft | None:
    """The draft kept under a key of a link: this tab's, or a copy of its own while another tab has it open."""
    if not key or not _KEY.fullmatch(key):
        return None
    text = cached.store().drafts.find(key)
    held = draft.read(text, key) if text is not None else None
    if held is None or _owners().claim(key, session_id()):
        return held
    return kept(replace(held, key=""))


def forget(held: Draft | None) -> None:
    """Nothing of this draft is unsaved any more, or the user lets it go."""
    if held is not None and held.key:
        drop(held.key)


def drop(key: str) -> None:
    """Let the text under a key go, unless another tab has it."""
    if not _owners().claim(key, session_id()):
        return
    try:
        cached.store().drafts.drop(key)
    except StoreError as refused:
        st.session_state[NOT_KEPT] = str(refused)


def put(text: str) -> str:
    """Keep a text that never changes, for any tab; its key, empty where the store refuses it."""
    key = token_urlsafe(16)
    try:
        cached.store().drafts.keep(key, text)
    except StoreError:
        return ""
    return key


def text_of(key: str) -> str | None:
    """The text that `put` kept under the key of a link; None where there is none, or none any more."""
    return cached.store().drafts.find(key) if _KEY.fullmatch(key) else None


def taken(key: str) -> tuple[str, str | None]:
    """The text under a key of a link and the key that is now this tab's: a copy's while another tab has it open."""
    text = text_of(key)
    if text is None or _owners().claim(key, session_id()):
        return key, text
    return overwrite("", text), text


def _fresh() -> str:
    key = token_urlsafe(16)
    _owners().claim(key, session_id())
    return key
