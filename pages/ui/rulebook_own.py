"""Rulebooks of one's own: save what is in force under a name, apply it to any account, take it out and in as a file."""

from __future__ import annotations

import re

import streamlit as st

from db.own_rulebooks import OwnRulebook
from pages.ui import cached, own_rules, rulebook_acts, rulebook_words, words
from risk_core.errors import MarginscopeError, Problem, Refused
from risk_core.rulebooks import choices, own_file
from risk_core.rulebooks.own_file import OwnFile

SUFFIX = ".rulebook.json"


def show() -> None:
    """The form to save, the list, and the import. Raises StoreError, Refused."""
    chosen = rulebook_acts.chosen()
    books = cached.store().own_rulebooks
    left, right = st.columns([1, 1], gap="large")
    with left:
        _save(len(chosen.changes))
    with right:
        _import()
    owned = books.list_all()
    st.subheader("Your rulebooks", anchor=False)
    if not owned:
        st.caption("None yet. Change a parameter, then save the rules in force under a name.")
    for one in owned:
        _one(one)
    for _, name in books.damaged():
        st.warning(f"Rulebook “{words.escape(name)}” is damaged in the store and cannot be used.",
                   icon=":material/database_off:")


def _save(count: int) -> None:
    st.subheader("Save the rules in force", anchor=False)
    st.text_input("Name", key="rulebook.name", max_chars=own_file.LONGEST, placeholder="House rules",
                  help="What the rulebook is called in this list.")
    st.button("Save as my rulebook", key="rulebook.save", type="primary", on_click=rulebook_acts.save,
              args=("rulebook.name",), disabled=not count,
              help="Keeps the overrides of this account under a name." if count else "Nothing is overridden yet.")


def _import() -> None:
    st.subheader("Take one in from a file", anchor=False)
    file = st.file_uploader("Rulebook file", type=["json"], key="rulebook.file",
                            help=f"A *{SUFFIX} file, as Export writes it. It is checked first.")
    if file is None:
        return
    try:
        found = taken(file.getvalue())
    except MarginscopeError as refused:
        st.error(rulebook_acts.refused(refused), icon=":material/block:")
        return
    count = len(choices.chosen(found.rules).changes)
    st.success(f"“{words.escape(found.name)}” is sound: {_counted(count)}.", icon=":material/check:")
    st.button("Keep it", key="rulebook.take_in", type="primary", on_click=rulebook_acts.take_in, args=(found,))


def taken(raw: bytes) -> OwnFile:
    """The rulebook in an uploaded file. Raises Refused."""
    try:
        return own_file.read(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Refused([Problem("$", raw[:20].decode("latin-1"), "must be UTF-8 text")]) from None


def file_name(name: str) -> str:
    """`House rules` → `house-rules.rulebook.json`."""
    return (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "rules") + SUFFIX


def _counted(count: int) -> str:
    return "1 value changed" if count == 1 else f"{count} values changed"


def _one(one: OwnRulebook) -> None:
    rules = own_rules.rules_of(one)
    with st.container(border=True, gap="small", key=f"own {one.id}"):
        try:
            changes = choices.differences(cached.rulebook(one.base), cached.rulebook(rules))
        except MarginscopeError as refused:
            st.error(f"“{words.escape(one.name)}”: {rulebook_acts.refused(refused)}", icon=":material/block:")
            _delete(one)
            return
        title = cached.rulebook(one.base).title
        named = words.listed([rulebook_words.name(change.key) for change in changes])
        st.markdown(f"**{words.escape(one.name)}** · {words.escape(title)} with {_counted(len(changes))}, "
                    f"saved {one.updated:%Y-%m-%d %H:%M} UTC")
        st.caption(words.escape(named))
        _buttons(one)


def _buttons(one: OwnRulebook) -> None:
    rules = own_rules.rules_of(one)
    is_in_force = cached.rulebook(rules).digest == cached.rulebook(rulebook_acts.in_force()).digest
    with st.container(horizontal=True, gap="small"):
        st.button("Apply to this account", key=f"own.apply {one.id}", disabled=is_in_force, icon=":material/check:",
                  on_click=rulebook_acts.apply, args=(rules, f"“{one.name}” is in force for this account."),
                  help="It is in force." if is_in_force else "Writes its values into the account, as one edit.")
        st.download_button("Export", lambda: own_file.write(one.name, rules), file_name(one.name), "application/json",
                           key=f"own.export {one.id}", on_click="ignore", icon=":material/download:",
                           help="Download as a small file.")
        st.button("Replace with the rules in force", key=f"own.replace {one.id}", disabled=is_in_force,
                  icon=":material/sync:", on_click=rulebook_acts.replace, args=(one,),
                  help="Keeps the name; its values become those of this account.")
        _delete(one)


def _delete(one: OwnRulebook) -> None:
    with st.popover("Delete", icon=":material/delete:", key=f"own.menu {one.id}"):
        st.markdown(f"Delete **{words.escape(one.name)}**? Accounts that apply it keep its values.")
        st.button("Delete", key=f"own.delete {one.id}", type="primary", on_click=rulebook_acts.delete, args=(one,))


