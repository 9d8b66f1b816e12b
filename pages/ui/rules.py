"""What stands behind the figures: the rulebook's stated limits, every parameter with its source, and the words."""

from __future__ import annotations

import json
from html import escape

import streamlit as st

from pages.ui import comparison_table, controls, markup, state, view
from pages.ui.following import follows_rulebook
from risk_core.margin.models import MODES
from risk_core.rulebooks.rules import Rulebook


def limits() -> None:
    """Two expanders: what the rules leave out and contain, and what the words mean."""
    _limits()
    with st.expander("What the words mean, and in which unit", icon=":material/menu_book:"):
        st.html(markup.html(_words()))


@follows_rulebook
def _limits() -> None:
    """Of the rulebook that the controls put in force."""
    account = state.account(state.draft())
    rules = view.asked(account, controls.present(account)).rules
    with st.expander(f"Rules “{rules.title}”: stated limits and every parameter", icon=":material/gavel:"):
        items = "".join(f"<li>{escape(limit)}</li>" for limit in rules.limits)
        st.html(markup.html(f"<b>What these rules leave out</b><ul>{items}</ul>{_parameters(rules)}"))


def _parameters(rules: Rulebook) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(key)}<span class="sub wide">{escape(one.meaning)}</span></th>'
        f'<td class="value">{escape(_value(one.value))}<span class="sub wide">{escape(one.unit)}</span></td>'
        f'<td><span class="sub wide">{escape(one.source)}, {one.date}</span></td></tr>'
        for key, one in rules.parameters.items()
    )
    body = ('<thead><tr><th scope="col">Parameter</th><th scope="col">Value and unit</th>'
            f'<th scope="col">Source</th></tr></thead><tbody>{rows}</tbody>')
    return markup.table("Parameters of the rulebook", body, "parameters")


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _words() -> str:
    told = [(row.label, row.meaning) for row in comparison_table.ROWS]
    told += [("Maintenance used", comparison_table.used_meaning()), ("Capital freed", comparison_table.FREED),
             ("Liquidation level", comparison_table.LEVEL)]
    told += [(f"{mode.title} mode", mode.meaning) for mode in MODES.values()]
    return "<dl>" + "".join(f"<dt>{escape(word)}</dt><dd>{escape(meaning)}</dd>" for word, meaning in told) + "</dl>"
