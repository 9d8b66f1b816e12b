"""The words of the product, read from the core's glossary: what each means, and the link that leads to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import streamlit as st

import risk_core

FILE = Path(risk_core.__file__).with_name("GLOSSARY.md")
ADDRESS = "glossary"
"""Path of the page."""
ASKED = "term"
"""Query parameter that names a term by its anchor."""
KEPT: Final = ("account", "version")
"""Query parameters that a link is drawn with; it takes the others along when it is used, see `inner_links`."""
FACTS: Final = ("Unit", "Formula", "Limits")
ON_SCREEN = "On screen"


@dataclass(frozen=True, slots=True)
class Term:
    """One word. facts: unit, formula and limits, `none.` where there is none; labels: other names it has on screen."""

    name: str
    section: str
    meaning: str
    facts: tuple[tuple[str, str], ...]
    labels: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """The word as the end of an address."""
        return slug(self.name)


@cache
def terms() -> tuple[Term, ...]:
    """Every term, in the order of the file."""
    found: list[Term] = []
    for part in FILE.read_text("utf-8").split("\n## ")[1:]:
        section, _, body = part.partition("\n")
        found += [_term(block, section) for block in re.split(r"^- (?=\*\*)", body, flags=re.MULTILINE)[1:]]
    return tuple(found)


@cache
def signs() -> tuple[tuple[str, str], ...]:
    """What a sign means: quantity and meaning."""
    table = FILE.read_text("utf-8").partition("## Signs\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    return tuple((what, meaning) for what, meaning in rows[2:])


def slug(name: str) -> str:
    """Lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def term(label: str) -> Term | None:
    """The term that a label on screen stands for: by name or other name, whole or up to its first comma."""
    known = _by_label()
    return known.get(label.lower()) or known.get(label.partition(",")[0].lower())


def link(found: Term) -> str:
    """Address of the term from any page: the same account and what-if stay in the strip above it."""
    kept = {name: st.query_params[name] for name in KEPT if name in st.query_params}
    return f"{ADDRESS}?{urlencode({**kept, ASKED: found.anchor})}"


def pointer(name: str) -> str:
    """`Glossary: Equity` as a markdown link, for help texts. Raises KeyError for a name that is no term."""
    found = _by_label()[name.lower()]
    return f"[Glossary: {found.name}]({link(found)})"


def steady(name: str) -> str:
    """The same link without the account, for what is made anew and loses what was typed when its help changes."""
    found = _by_label()[name.lower()]
    return f"[Glossary: {found.name}]({ADDRESS}?{urlencode({ASKED: found.anchor})})"


def told(label: str, text: str) -> str:
    """A help text in markdown that ends with the link to the term the label stands for, where there is one."""
    found = term(label)
    return text if found is None else f"{text} {pointer(found.name)}"


def asked() -> Term | None:
    """The term that the address of the page names; None for none, and for one that is not there."""
    anchor = st.query_params.get(ASKED, "")
    return next((one for one in terms() if one.anchor == anchor), None)


def matches(found: Term, wanted: str) -> bool:
    """True when every word looked for occurs in the term."""
    text = " ".join((found.name, found.meaning, *found.labels, *(said for _, said in found.facts))).lower()
    return all(word in text for word in wanted.lower().split())


@cache
def _by_label() -> dict[str, Term]:
    named = {one.name.lower(): one for one in terms()}
    return {label.lower(): one for one in terms() for label in one.labels} | named


def _term(block: str, section: str) -> Term:
    head, *rest = (" ".join(piece.split()) for piece in re.split(r"\n  - ", block))
    name, _, meaning = head.removeprefix("**").partition("**: ")
    told = [(what, said) for what, _, said in (piece.partition(": ") for piece in rest)]
    labels = next((said for what, said in told if what == ON_SCREEN), "")
    return Term(name, section, meaning, tuple((what, said) for what, said in told if what in FACTS),
                tuple(filter(None, (one.strip() for one in labels.split(", ")))))
