"""What the buttons of the rulebook page do. Each is a callback and tells what came of it; none half succeeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from db.own_rulebooks import OwnRulebook
from pages.ui import cached, desk, rulebook_words, saving, state, words
from risk_core.errors import ABSENT, MarginscopeError, Refused, shown
from risk_core.rulebooks import choices, own_file
from risk_core.rulebooks.choices import Chosen

OPENED = "rulebook.changing"
"""Session key of the parameter whose input is open."""


def in_force() -> Any:
    """The `rules` of the draft as its file writes them."""
    return state.account(state.draft()).rules


def chosen() -> Chosen:
    """The base and the overrides of the draft. Raises Refused."""
    return choices.chosen(in_force())


def refused(error: MarginscopeError) -> str:
    """One sentence of markdown for a value the rules of the rulebook do not allow."""
    if not isinstance(error, Refused) or not error.problems:
        return f"Refused, nothing is applied: {words.escape(str(error))}."
    first, more = error.problems[0], len(error.problems) - 1
    path = first.path.removeprefix("rules.override").lstrip(".") or "rules"
    value = "" if isinstance(first.value, Mapping) or first.value is ABSENT else f" {shown(first.value, 40)}"
    others = f" (and {more} more)" if more else ""
    rule = first.rule.replace("input should", "must").replace("must be a valid", "must be a")
    return f"Refused, nothing is applied: {words.escape(f'{path}{value}: {rule}{others}')}."


def apply(rules: Any, told: str) -> None:
    """Write `rules` into the draft as one edit that undo takes back."""
    try:
        desk.rewrite({"rules": rules})
    except MarginscopeError as error:
        saving.say(refused(error), failed=True)
    else:
        st.session_state.pop(OPENED, None)
        saving.say(told)


def remove(key: str) -> None:
    """The base rulebook's own value again at `key`."""
    apply(chosen().without(key).rules, f"{rulebook_words.name(key)}: back to the rulebook's own value.")


def remove_all() -> None:
    """The base rulebook without any override."""
    apply(chosen().base, "Every override is removed.")


def change(key: str) -> None:
    """Open the input of a parameter, or close it."""
    st.session_state[OPENED] = None if st.session_state.get(OPENED) == key else key


def save(name_key: str) -> None:
    """Keep the rulebook in force as one's own under the name in the field `name_key`."""
    name = str(st.session_state.get(name_key) or "").strip()
    _keep(name, in_force(), None)


def replace(one: OwnRulebook) -> None:
    """Put the rulebook in force in place of one's own."""
    _keep(one.name, in_force(), one.id)


def take_in(file: own_file.OwnFile) -> None:
    """Keep the rulebook of a file as one's own."""
    _keep(file.name, file.rules, None)


def _keep(name: str, rules: Any, replaced: str | None) -> None:
    """Save, once also when asked twice. Told: what the store or the core refuses."""
    with saving.answered():
        found = choices.chosen(choices.chosen(rules).rules)
        books = cached.store().own_rulebooks
        nested = override_of(found.rules)
        twice = any((one.name, one.base, one.override) == (name, found.base, nested) for one in books.list_all())
        if replaced is not None or not twice:
            books.save(name, found.base, nested, replaced)
        saving.say(f"Saved rulebook “{name}”.")


def delete(one: OwnRulebook) -> None:
    """Let one's own rulebook go; accounts that apply it keep its values."""
    with saving.answered():
        cached.store().own_rulebooks.delete(one.id)
        saving.say(f"Deleted rulebook “{one.name}”. Accounts that apply it keep its values.")


def override_of(rules: Any) -> Mapping[str, Any]:
    """The override object of an account's `rules`."""
    return rules["override"] if isinstance(rules, Mapping) else {}


def notice() -> None:
    """Tell what came of the last action, once."""
    told = saving.notice()
    if told is None or told.deleted:
        return
    if told.failed:
        st.error(told.text if told.text.startswith("Refused") else words.escape(told.text), icon=":material/block:")
    else:
        st.toast(words.escape(told.text), icon=":material/check:")
