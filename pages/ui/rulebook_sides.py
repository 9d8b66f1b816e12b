"""Two rulebooks side by side: the parameters that differ, and the account's figures under each."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from pages.ui import cached, linked, markup, rulebook_acts, rulebook_choices, rulebook_effect, rulebook_words, words
from pages.ui.rulebook_choices import IN_FORCE
from risk_core.errors import ABSENT
from risk_core.rulebooks import choices
from risk_core.rulebooks.choices import Difference
from risk_core.rulebooks.rules import Rulebook


def show() -> None:
    """Choose two and see both differences. Raises StoreError, Refused."""
    offered = _offered()
    names = list(offered)
    left, right = st.columns(2)
    base = cached.rulebook(offered[IN_FORCE][1]).name
    one = linked.pick(left, "From (grey)", names, base, "rulebook.left", lambda key: _called(key, offered))
    other = linked.pick(right, "To (bold)", names, IN_FORCE, "rulebook.right", lambda key: _called(key, offered))
    rules = offered[one][1], offered[other][1]
    books = cached.rulebook(rules[0]), cached.rulebook(rules[1])
    _parameters(books[0], books[1], (offered[one][0], offered[other][0]))
    st.subheader("This account under each", anchor=False)
    rulebook_effect.show(*rules, f"In grey: {offered[one][0]}. In bold: {offered[other][0]}.")


def _called(key: str, offered: dict[str, tuple[str, Any]]) -> str:
    """What a choice says: of the one in force not which it is, for the link finds it by its words."""
    return "In force for this account" if key == IN_FORCE else offered[key][0]


def _offered() -> dict[str, tuple[str, Any]]:
    """By key: what the choice says, and the rules it stands for."""
    rules = rulebook_acts.in_force()
    book = cached.rulebook(rules)
    count = f", {len(book.overridden)} changed" if book.overridden else ""
    found: dict[str, tuple[str, Any]] = {IN_FORCE: (f"In force for this account: {book.title}{count}", rules)}
    return found | {key: (one.label, one.rules) for key, one in rulebook_choices.offered().items()}


def _parameters(one: Rulebook, other: Rulebook, titles: tuple[str, str]) -> None:
    found = choices.differences(one, other)
    count = "1 parameter differs" if len(found) == 1 else f"{len(found)} parameters differ"
    st.subheader(count if found else "No parameter differs", anchor=False)
    if not found:
        st.caption("Choose two rulebooks that differ, or change a parameter of this account first.")
        return
    rows = "".join(_row(each, one, other) for each in found)
    heads = "".join(f'<th scope="col">{escape(title)}</th>' for title in ("Parameter", *titles))
    body = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    st.html(markup.html(markup.table("Two rulebooks, parameter by parameter", body, "rb-sides")))


def _row(each: Difference, one: Rulebook, other: Rulebook) -> str:
    stated = (one if each.key in one.parameters else other).parameters[each.key]
    cells = "".join(f"<td>{_cell(each.key, value, stated.unit)}</td>" for value in (each.left, each.right))
    return (f'<tr><th scope="row">{escape(rulebook_words.name(each.key))}<span class="sub wide">'
            f"{escape(rulebook_words.section(each.key))}</span></th>{cells}</tr>")


def _cell(key: str, value: Any, unit: str) -> str:
    return f'<span class="muted">{words.MISSING}</span>' if value is ABSENT else rulebook_words.shown(key, value, unit)
