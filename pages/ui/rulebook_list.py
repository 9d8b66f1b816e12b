"""Every parameter of the rulebook in force: name, value, unit, meaning, source, date; each can be changed in place."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import cached, linked, markup, rulebook_acts, rulebook_effect, rulebook_input, rulebook_words, state
from risk_core.errors import MarginscopeError
from risk_core.rulebooks import kinds, load
from risk_core.rulebooks.choices import Chosen
from risk_core.rulebooks.rules import Parameter, Rulebook

STATED, ALL, OVERRIDDEN = "Stated", "All", "Overridden"


def show(held: state.Draft) -> None:
    """The search, the list and the stated limits. Raises Refused."""
    chosen = rulebook_acts.chosen()
    rules, base = cached.rulebook(rulebook_acts.in_force()), cached.rulebook(chosen.base)
    keys = _wanted(rules)
    if not keys:
        st.info("No parameter matches: change the search, or show all.")
    section = ""
    for key in keys:
        if rulebook_words.section(key) != section:
            section = rulebook_words.section(key)
            st.html(markup.html(f'<h3 class="rb-section">{escape(section)}</h3>'))
        _parameter(held, key, rules, base, chosen)
    items = "".join(f"<li>{escape(limit)}</li>" for limit in rules.limits)
    st.html(markup.html(f'<h3 class="rb-section">Stated limits: what these rules leave out</h3><ul>{items}</ul>'))


def _wanted(rules: Rulebook) -> list[str]:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    wanted = left.text_input("Search parameters", key="rulebook.search", placeholder="haircut, volatility, days …",
                             icon=":material/search:", label_visibility="collapsed", bind="query-params") or ""
    parts = {STATED: {key for key in rules.parameters if not _is_plain(key, rules)}, ALL: set(rules.parameters),
             OVERRIDDEN: set(rules.overridden)}
    with right:
        which = linked.named_choice("Show", list(parts), STATED, "rulebook.which",
                                    lambda one: f"{one} ({len(parts[one])})", label_visibility="collapsed")
    order = list(rulebook_words.SECTIONS)
    keys = sorted(rules.parameters, key=lambda key: (_place(key.partition(".")[0], order), _is_plain(key, rules)))
    shown = parts[ALL if wanted and which == STATED else which]
    plain = len(rules.parameters) - len(parts[STATED])
    if which == STATED and plain and not wanted:
        st.caption(f"{plain} more parameters hold by plain convention, which this rulebook leaves as it is: “All” "
                   "shows them.")
    return [key for key in keys if key in shown and rulebook_words.matches(key, rules.parameters[key], wanted)]


def _is_plain(key: str, rules: Rulebook) -> bool:
    """Whether the rulebook leaves a parameter at the plain convention; those stand last in their section."""
    return key not in rules.overridden and rules.parameters[key].source == load.meanings().get(key, {}).get("source")


def _place(section: str, order: list[str]) -> int:
    return order.index(section) if section in order else len(order)


def _parameter(held: state.Draft, key: str, rules: Rulebook, base: Rulebook, chosen: Chosen) -> None:
    is_open, is_changed = st.session_state.get(rulebook_acts.OPENED) == key, key in rules.overridden
    with st.container(key=f"parameter {key}", border=is_open, gap="small"):
        left, right = st.columns([8, 1], vertical_alignment="top")
        told_of = _row(key, rules.parameters[key], base.parameters[key], changed=is_changed)
        left.html(markup.html(told_of, name="rb-row"))
        right.button("Close" if is_open else "Change", key=f"change {key}", type="tertiary", width="stretch",
                     on_click=rulebook_acts.change, args=(key,), help=f"Change “{rulebook_words.name(key)}”.")
        if is_open:
            _change(held, key, rules.parameters[key], chosen, changed=is_changed)


def _row(key: str, one: Parameter, base: Parameter, *, changed: bool) -> str:
    mark = markup.badge("Overridden", "edited", "This account has a value of its own.") if changed else ""
    value = rulebook_words.shown(key, one.value, one.unit)
    if changed:
        was = rulebook_words.shown(key, base.value, base.unit)
        value = (f'<div class="rb-was"><span class="sub">Rulebook</span>{was}</div><span class="rb-to">→</span>'
                 f'<div><span class="sub">This account</span>{value}</div>')
    source = f"{one.source}; rulebook: {base.source}" if changed else one.source
    title = (f'<b>{escape(rulebook_words.name(key))}</b> {mark}<span class="sub wide">{escape(one.meaning)} '
             f"{markup.link(rulebook_words.term(key))}</span>")
    return (f'<div>{title}</div><div class="rb-values">{value}</div><div class="rb-unit">{escape(one.unit)}</div>'
            f'<div class="rb-source">{escape(source)}, <time>{base.date}</time><br><code>{escape(key)}</code></div>')


def _change(held: state.Draft, key: str, one: Parameter, chosen: Chosen, *, changed: bool) -> None:
    left, right = _places(key)
    with left:
        rules = _proposed(held, key, one, chosen, changed=changed)
    with right:
        _effect(key, chosen, rules, changed=changed)


def _places(key: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Where the input and its effect go: a table is typed above, anything else beside."""
    if kinds.kinds()[key].sort == kinds.ROWS:
        return st.container(), st.container()
    left, right = st.columns([3, 7], gap="medium")
    return left, right


def _proposed(held: state.Draft, key: str, one: Parameter, chosen: Chosen, *, changed: bool) -> Any:
    """The rules with what is typed laid over them; None, and told, when they are refused."""
    rules = None
    widget = f"value {key} {cached.rulebook(chosen.rules).digest} {held.account_id}"
    try:
        rules = chosen.having(key, rulebook_input.typed(key, one, widget)).rules
        cached.rulebook(rules)
    except MarginscopeError as refused:
        rules = None
        st.error(rulebook_acts.refused(refused), icon=":material/block:")
    same = rules == chosen.rules
    st.button("Apply to this account", key="rulebook.apply", type="primary",
              disabled=rules is None or same, on_click=rulebook_acts.apply,
              args=(rules, f"{rulebook_words.name(key)} is changed for this account."),
              help="Another value than the one in force is needed." if same else "One edit; Undo takes it back.")
    if changed:
        st.button("Remove override", key="rulebook.remove", on_click=rulebook_acts.remove, args=(key,),
                  help="Back to the rulebook's own value.")
    return rules


def _effect(key: str, chosen: Chosen, rules: Any, *, changed: bool) -> None:
    """The figures under what is typed; where that is in force already, under the override against the base."""
    before, after = chosen.rules, chosen.rules if rules is None else rules
    if before == after and changed:
        before = chosen.without(key).rules
        said = "What the override in force does to this account, from the rulebook's own value:"
    elif before == after:
        said = "Figures of this account under the rules in force. Type another value to see what it does:"
    else:
        said = "What the value typed does to this account, from the rules in force; not applied yet:"
    rulebook_effect.show(before, after, said)
