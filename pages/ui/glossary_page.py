"""The glossary page: the term that was asked for, a search, and every term by section."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby

import streamlit as st

from pages.ui import following, glossary, hints, markup, style
from pages.ui.glossary import Term


def show() -> None:
    """The whole page."""
    following.stands()
    st.html(style.further("glossary.css"))
    asked = glossary.asked()
    if asked is not None:
        st.html(markup.html(f'<h3>{escape(asked.name)}</h3><dl>{_term(asked, "asked-")}</dl>', name="gl-asked"))
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    wanted = left.text_input("Search the glossary", key="glossary.search", icon=":material/search:",
                             placeholder="buffer, pledge, volatility …", label_visibility="collapsed",
                             bind="query-params") or ""
    found = [one for one in glossary.terms() if glossary.matches(one, wanted)]
    with right:
        hints.again()
    st.html(markup.html(f'<p class="muted" role="status">{_count(len(found))}</p>'))
    if not found:
        st.info("No term matches: search for fewer or other words.")
    st.html(markup.html(_sections(found) + ("" if wanted else _signs()), name="gl"))


def _count(count: int) -> str:
    every = len(glossary.terms())
    told = f"All {every} terms" if count == every else f"{count} of {every} terms"
    return f"{told}. Money in USD unless said otherwise; figures are those of the generic rulebook."


def _sections(found: list[Term]) -> str:
    return "".join(f'<section><h3 id="{glossary.slug(name)}">{escape(name)}</h3><dl>{"".join(map(_term, own))}</dl>'
                   "</section>" for name, own in groupby(found, lambda one: one.section))


def _term(one: Term, before: str = "") -> str:
    """A term with its facts. before: what its id begins with, where a term stands on the page twice."""
    more = ((glossary.ON_SCREEN, ", ".join(one.labels)),) if one.labels else ()
    facts = "".join(f'<div class="fact"><span class="muted">{what}</span><span>{_text(said)}</span></div>'
                    for what, said in (*one.facts, *more))
    here = f'<a href="{escape(glossary.link(one))}">{escape(one.name)}</a>'
    return f'<dt id="{before}{one.anchor}">{here}</dt><dd>{_text(one.meaning, sentence=True)}{facts}</dd>'


def _text(said: str, *, sentence: bool = False) -> str:
    """Words of the file, with `*emphasis*`; a sentence begins with a capital."""
    whole = said[:1].upper() + said[1:] if sentence else said
    return re.sub(r"\*(\w[^*]*)\*", r"<em>\1</em>", escape(whole))


def _signs() -> str:
    rows = "".join(f'<tr><th scope="row">{escape(what)}</th><td>{escape(sign)}</td></tr>'
                   for what, sign in glossary.signs())
    body = f'<thead><tr><th scope="col">Quantity</th><th scope="col">Sign</th></tr></thead><tbody>{rows}</tbody>'
    table = markup.table("Sign of each quantity", body, "signs")
    return f'<section><h3 id="signs">Signs</h3>{table}</section>'
