"""The head of the portfolio page: which account this is, whether it is saved, and everything that is done with it."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from pages.ui import (
    author,
    cached,
    demo_data,
    desk,
    downloads,
    exchange,
    heading,
    markup,
    recovery,
    saving,
    state,
    style,
    words,
)
from pages.ui.state import Draft


def show() -> None:
    """Name, badges and buttons of the present draft."""
    held = desk.desk()
    draft = held.held
    st.html(style.further("portfolio.css"))
    st.html(markup.html(f'<span class="ms-name" role="heading" aria-level="1">{escape(draft.label)}</span>'
                        f"{_badges(draft)}{_stuck_badge(len(held.troubles))}", name="ms-title"))
    with st.container(horizontal=True, gap="small"):
        _open()
        _save(draft, stuck=bool(held.troubles))
        _rename(draft)
        _delete(draft)
        exchange.import_()
        downloads.show(draft)
        author.menu()
        st.button("Undo", icon=":material/undo:", key="undo", on_click=desk.undo,
                  disabled=not (held.history.past or held.troubles), help="Take back the last edit.")
        st.button("Redo", icon=":material/redo:", key="redo", on_click=desk.redo,
                  disabled=not held.history.future or bool(held.troubles), help="Bring back what was undone.")


def _badges(draft: Draft) -> str:
    found = []
    if draft.is_sample:
        found.append(("Sample", "", "Samples are never overwritten: saving makes a copy of your own."))
    elif draft.account_id is not None:
        found.append((f"Version {draft.version}", "", "As saved in the account store."))
    if heading.is_demo(draft):
        found.append((heading.demo_badge(draft), "demo", demo_data.snapshot().label))
    if draft.account_id is None:
        found.append(("Never saved", "edited", "Kept with this link for 14 days, until it is saved."))
    elif state.is_changed(draft):
        found.append(("Unsaved changes", "edited", "Save to keep them."))
    return "".join(markup.badge(*one) for one in found)


def _stuck_badge(count: int) -> str:
    if not count:
        return ""
    return markup.badge(f"{'1 problem' if count == 1 else f'{count} problems'}, not applied yet", "stuck", _stuck())


def _open() -> None:
    with st.popover("Open", icon=":material/folder_open:", key="open.menu", on_change="rerun",
                    help="Open a saved account or a sample.") as menu:
        if not menu.open:
            return
        accounts = {one.id: one for one in cached.store().list_accounts()}
        st.selectbox("Account", list(accounts), key="open.choice", index=None, placeholder="Choose an account",
                     format_func=lambda one: _listed(accounts[one]), help="Yours first, then the samples.")
        chosen = accounts.get(st.session_state.get("open.choice") or "")
        if chosen and chosen.description:
            st.caption(words.escape(chosen.description))
        st.button("Open", key="open.go", type="primary", disabled=chosen is None, on_click=saving.open_chosen,
                  args=("open.choice", "open.menu"))
        _deleted()


def _listed(one: Any) -> str:
    legs = "1 leg" if one.positions == 1 else f"{one.positions} legs"
    return f"{one.name}, {legs}" + (" (sample)" if one.is_sample else f", saved {one.updated:%Y-%m-%d %H:%M} UTC")


def _deleted() -> None:
    gone = {one.id: one for one in cached.store().list_deleted()}
    if gone:
        st.selectbox("Deleted accounts", list(gone), key="open.deleted", format_func=lambda one: _listed(gone[one]),
                     help="Deleted accounts keep their history and can be brought back.")
        st.button("Bring back", key="open.back", on_click=_bring_back)


def _bring_back() -> None:
    recovery.bring_back(st.session_state["open.deleted"])
    st.session_state["open.menu"] = False


def _save(draft: Draft, *, stuck: bool) -> None:
    if draft.account_id is not None and not draft.is_sample:
        st.button("Save", icon=":material/save:", key="save", type="primary", on_click=saving.save,
                  disabled=stuck or not state.is_changed(draft), help=_save_help(draft, stuck=stuck))
    with st.popover("Save as", icon=":material/save_as:", key="save_as.menu", on_change="rerun", disabled=stuck,
                    type="primary" if draft.is_sample or draft.account_id is None else "secondary",
                    help=_stuck() if stuck else "Save a copy under another name.") as menu:
        if menu.open:
            st.text_input("Name", value=_copy_name(draft), key="save_as.name", help="Name of the new account.")
            st.button("Save", key="save_as.go", type="primary", on_click=saving.save_as,
                      args=("save_as.name", "save_as.menu"))


def _save_help(draft: Draft, *, stuck: bool) -> str:
    if stuck:
        return _stuck()
    return f"Save as version {(draft.version or 0) + 1}." if state.is_changed(draft) else "Nothing to save."


def _stuck() -> str:
    return "Saving waits until what is typed is in force, or discarded."


def _copy_name(draft: Draft) -> str:
    return f"{draft.label} (copy)" if draft.account_id is not None and not draft.is_sample else draft.label


def _rename(draft: Draft) -> None:
    with st.popover("Rename", icon=":material/edit:", key="rename.menu", on_change="rerun",
                    help="Give the account another name.") as menu:
        if menu.open:
            st.text_input("New name", value=draft.label, key="rename.name", help="How the account is called.")
            st.button("Rename", key="rename.go", type="primary", on_click=saving.rename,
                      args=("rename.name", "rename.menu"))


def _delete(draft: Draft) -> None:
    kept = draft.account_id is None or draft.is_sample
    reason = "Samples stay." if draft.is_sample else "It was never saved." if kept else "Take it out of the list."
    with st.popover("Delete", icon=":material/delete:", key="delete.menu", on_change="rerun", disabled=kept,
                    help=reason) as menu:
        if menu.open:
            st.markdown(f"Delete **{words.escape(draft.label)}**? It can be brought back from Open.")
            st.button("Delete", key="delete.go", type="primary", on_click=saving.delete, args=("delete.menu",))
