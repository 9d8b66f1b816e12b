"""What the portfolio page has to tell before its figures: troubles, two versions, what was done, what was left."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.ui import change_table, desk, newest, recovery, saving, state, words
from pages.ui.desk import Desk
from pages.ui.differences import changes, unchanged

SHOWN = 12


def show() -> None:
    """What concerns the account as a whole, most pressing first."""
    held = desk.desk()
    _conflict(held)
    if saving.conflict_of(held.held) is None:
        newest.show(held.held)
    _notice()
    _left()


def troubles(sheet: str) -> None:
    """Under a grid: one sentence for each reason why what is typed in it is not in force."""
    found = [one for one in desk.desk().troubles if one.sheet == sheet]
    if not found:
        return
    sentences = [escape(one.sentence) for one in found[:SHOWN]]
    if len(found) > SHOWN:
        sentences.append(f"and {len(found) - SHOWN} more")
    rows = "".join(f"<li>{sentence}</li>" for sentence in sentences)
    with st.container(key=f"troubles {sheet}", gap="small"):
        st.html('<div class="ms-troubles" role="status"><b>Not applied yet.</b> What you typed is kept; every figure '
                f"is that of the last valid book.<ul>{rows}</ul></div>")
        st.button("Discard what was typed", icon=":material/undo:", key=f"discard {sheet}", on_click=desk.discard,
                  help="Back to the last valid book, in every grid.")


def _conflict(held: Desk) -> None:
    found = saving.conflict_of(held.held)
    if found is None:
        return
    with st.container(border=True, key="conflict"):
        st.markdown(f"**Not saved, nothing is lost.** {words.escape(str(found))}")
        theirs, yours = found.theirs.account.document, held.held.document
        st.html(change_table.table(changes(theirs, yours), f"Stored, version {found.theirs.version}", "Yours",
                                   unchanged(theirs, yours)))
        with st.container(horizontal=True):
            st.button("Reload theirs", key="conflict.reload", on_click=saving.reload,
                      help="Open the stored version. Yours is put aside and can be taken back.")
            with st.popover("Save mine as a copy", key="conflict.copy", on_change="rerun") as menu:
                if menu.open:
                    st.text_input("Name", value=f"{held.held.label} (copy)", key="conflict.name",
                                  help="Name of the new account.")
                    st.button("Save", key="conflict.copy.go", type="primary", on_click=saving.save_as,
                              args=("conflict.name", "conflict.copy"))
            st.button("Overwrite theirs", key="conflict.overwrite", on_click=saving.overwrite,
                      help="Yours becomes the next version; theirs stays in the history.")
            st.button("Decide later", key="conflict.later", type="tertiary", on_click=saving.let_be)


def _notice() -> None:
    told = saving.notice()
    if told is None:
        return
    if told.failed:
        st.error(words.escape(told.text), icon=":material/block:")
    elif told.deleted:
        with st.container(horizontal=True, vertical_alignment="center", border=True, key="deleted"):
            st.markdown(words.escape(told.text), width="content")
            st.button("Bring it back", key="notice.back", on_click=recovery.bring_back, args=told.deleted)
            st.button("Dismiss", key="notice.away", type="tertiary", on_click=saving.dismiss)
    else:
        st.toast(words.escape(told.text), icon=":material/check:")


def _left() -> None:
    """The way back to unsaved work that was left by opening another account."""
    aside = state.put_aside()
    if aside is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="left"):
        st.markdown(f"You left unsaved changes in **{words.escape(aside.label)}**.", width="content")
        st.button("Take them back", key="left.back", on_click=recovery.take_back)
        st.button("Discard", key="left.away", type="tertiary", on_click=state.drop_aside)
