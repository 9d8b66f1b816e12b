"""The parts of the rulebook page in their order, and what stands above them: which rules are in force, undo, redo."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.ui import (
    cached,
    desk,
    following,
    linked,
    markup,
    rulebook_acts,
    rulebook_list,
    rulebook_own,
    rulebook_sides,
    state,
    style,
)
from risk_core.rulebooks.rules import Rulebook

PARAMETERS, OWN, SIDES = "Parameters", "My rulebooks", "Side by side"


def show(held: state.Draft) -> None:
    """The whole page under its header. Raises StoreError, Refused."""
    following.stands()
    st.html(style.further("rulebook.css"))
    rulebook_acts.notice()
    rules = cached.rulebook(rulebook_acts.in_force())
    _strip(rules)
    tab = linked.choice("Part of the page", [PARAMETERS, OWN, SIDES], PARAMETERS, "rulebook.tab",
                        label_visibility="collapsed")
    if tab == OWN:
        rulebook_own.show()
    elif tab == SIDES:
        rulebook_sides.show()
    else:
        rulebook_list.show(held)


def _strip(rules: Rulebook) -> None:
    count = len(rules.overridden)
    changed = "as shipped" if not count else "1 value overridden" if count == 1 else f"{count} values overridden"
    kind = "edited" if count else ""
    held = desk.desk()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(markup.html(f'<span class="rb-title">{escape(rules.title)}</span> {markup.badge(changed, kind)}'),
                width="content")
        st.button("Undo", icon=":material/undo:", key="rulebook.undo", on_click=desk.undo,
                  disabled=not (held.history.past or held.troubles), help="Take back the last edit of this account.")
        st.button("Redo", icon=":material/redo:", key="rulebook.redo", on_click=desk.redo,
                  disabled=not held.history.future or bool(held.troubles), help="Bring back what was undone.")
        st.button("Remove all overrides", icon=":material/layers_clear:", key="rulebook.remove_all", disabled=not count,
                  on_click=rulebook_acts.remove_all, help="Back to the rulebook's own values, as one edit.")
