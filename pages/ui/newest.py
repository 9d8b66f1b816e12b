"""The way from an opened older version, or one that somebody else has saved over, to the newest."""

from __future__ import annotations

import streamlit as st

from db.store import AccountSummary
from pages.ui import cached, saving, state
from pages.ui.state import Draft


def beyond(draft: Draft) -> AccountSummary | None:
    """The account as it is listed, where the draft was opened from a version before the newest. Raises StoreError."""
    if draft.account_id is None or draft.version is None or draft.is_sample:
        return None
    listed = (one for one in cached.store().list_accounts() if one.id == draft.account_id)
    return next((one for one in listed if one.version > draft.version), None)


def show(draft: Draft) -> None:
    """Which version this is, and the button that opens the newest; nothing where it is that. Raises StoreError."""
    newest = beyond(draft)
    if newest is None:
        return
    aside = "Your unsaved changes are put aside and can be taken back." if draft.is_changed else \
        "This version stays in the history."
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="older"):
        st.markdown(f"This is **version {draft.version}**. The newest is version {newest.version}, saved "
                    f"{newest.updated:%Y-%m-%d %H:%M} UTC.", width="content")
        st.button(f"Open version {newest.version}", icon=":material/update:", key="open_newest", on_click=_open,
                  args=(newest.id,), help=aside)


def _open(account_id: str) -> None:
    """Callback: the newest version becomes the draft."""
    with saving.answered():
        state.open_account(account_id)
