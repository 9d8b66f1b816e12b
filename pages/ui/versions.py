"""The history tab: every saved version, what changed in it, how it differs from the draft, and the way back to it."""

from __future__ import annotations

import streamlit as st

from db.errors import StoreError
from db.records import VersionSummary
from pages.ui import author, cached, change_table, desk, recovery, words
from pages.ui.differences import changes, differences, unchanged
from pages.ui.state import Draft
from pages.ui.telling import told

PAGE = 8
"""Versions listed at first, and how many more each time."""


def show() -> None:
    """The versions of the saved account beside the present draft."""
    draft = desk.desk().held
    if draft.account_id is None or draft.is_sample:
        st.info("This is a sample: save a copy of your own, then every save is kept here." if draft.is_sample
                else "The history begins with the first save: every save is kept here.", icon=":material/history:")
        return
    with told():
        found = cached.store().versions(draft.account_id)
        left, right = st.columns([2, 3], gap="large")
        with left:
            chosen = _list(draft, found)
        with right:
            _compared(draft, found, chosen)


def _list(draft: Draft, found: list[VersionSummary]) -> int:
    """The versions to choose from, newest first."""
    most = st.session_state.get("history.most", PAGE)
    some = {one.version: one for one in found[:most]}
    known = st.session_state.get(_key(draft))
    index = list(some).index(known) if known in some else 0
    here = author.browser()
    chosen = st.radio("Versions", list(some), index=index, key=_key(draft),
                      format_func=lambda one: _title(some[one], found[0].version, here),
                      captions=[words.escape(_what(draft, one)) for one in some.values()],
                      help="Newest first. Choose one to compare it with the present draft.")
    if len(found) > most:
        st.button(f"Show older ({len(found) - most:,} more)", key="history.more", type="tertiary", on_click=_more)
    return chosen or found[0].version


def _key(draft: Draft) -> str:
    return f"history.version {draft.account_id}"


def _more() -> None:
    st.session_state["history.most"] = st.session_state.get("history.most", PAGE) + PAGE


def _title(one: VersionSummary, newest: int, here: str) -> str:
    present = " (present)" if one.version == newest else ""
    by = author.told(one, here)
    return f"**Version {one.version}**{present} · {one.saved:%Y-%m-%d %H:%M:%S} UTC{by and f' · {words.escape(by)}'}"


def _what(draft: Draft, one: VersionSummary) -> str:
    """What was changed in a version, in words."""
    if one.version == 1:
        return "First saved"
    try:
        before, after = (cached.version(draft.account_id, number).account.document
                         for number in (one.version - 1, one.version))
    except StoreError as refused:
        return str(refused)
    return "; ".join(differences(before, after, most=4))


def _compared(draft: Draft, found: list[VersionSummary], chosen: int) -> None:
    """The chosen version against the draft, and the button that brings it back."""
    stored = cached.version(draft.account_id, chosen)
    lines = changes(stored.account.document, draft.document)
    st.subheader(f"Version {chosen} and the present draft", anchor=False)
    st.html(change_table.table(lines, f"Version {chosen}", "Draft",
                               unchanged(stored.account.document, draft.document)))
    newest = found[0].version
    st.button("Restore this version", icon=":material/restore:", key="history.restore", on_click=recovery.restore,
              args=(draft.account_id, chosen), disabled=chosen == newest,
              help="It is the present version already." if chosen == newest else
              f"It is saved again as version {newest + 1}. Nothing in between is lost; unsaved changes are put aside.")
