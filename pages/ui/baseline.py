"""The pinned baseline: figures kept as the "before" of every page until they are unpinned, also over a refresh.

What was pinned is kept in the store as a text that never changes, and the link carries its key.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import streamlit as st

from pages.ui import cached, keeping, linked, state
from pages.ui.cached import Asked
from risk_core.errors import MarginscopeError
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.whatif import WhatIf
from risk_core.rulebooks import choices

PIN = "pinned baseline"
LINK = "pin"
"""The link's parameter for the key under which the pinned figures are kept."""


@dataclass(frozen=True)
class Pin:
    """What was pinned: the question its figures answer, how it is called, and the first of its content hash.

    key: under which it is kept in the store; empty where it is not.
    """

    question: Asked
    label: str
    short: str
    key: str = ""


def pin() -> Pin | None:
    """The pinned baseline, at first that of the link; None for the account without what-if. Raises StoreError."""
    if PIN not in st.session_state:
        st.session_state[PIN] = _of_link(str(st.query_params.get(LINK, "")))
    held: Pin | None = st.session_state[PIN]
    linked.put(LINK, "" if held is None else held.key)  # a refresh or a copied address shows the same before
    return held


def put(question: Asked, label: str, short: str) -> None:
    """Callback: these figures are the before from now on."""
    st.session_state[PIN] = Pin(question, label, short, keeping.put(written(question, label, short)))


def drop() -> None:
    """Callback: the account without what-if is the before again; other tabs of the same link keep theirs."""
    st.session_state[PIN] = None


def written(question: Asked, label: str, short: str) -> str:
    """What is kept of a pin: account file and moves, from which every figure follows."""
    document = question.account.document
    if question.rules.digest != cached.rulebook(question.account.rules).digest:
        laid = {key: question.rules.parameters[key].value for key in question.rules.overridden}
        document = {**document, "rules": choices.Chosen(question.rules.name, laid).rules}
    kept = {"document": document, "what_if": asdict(question.what_if), "label": label, "short": short}
    return json.dumps(kept, ensure_ascii=True)


def read(text: str, key: str) -> Pin | None:
    """The pin in `text`; None where it is not one that this release understands."""
    try:
        kept = json.loads(text)
        question = cached.asked(read_document(kept["document"]), WhatIf(**kept["what_if"]))
        cached.compared(question)
        return Pin(question, str(kept["label"]), str(kept["short"]), key)
    except (ValueError, KeyError, TypeError, MarginscopeError):
        return None


def _of_link(key: str) -> Pin | None:
    text = keeping.text_of(key) if key else None
    found = read(text, key) if text is not None else None
    if key and found is None:
        said = "The pinned baseline of this link has expired: figures are compared with now."
        st.session_state[state.NOTE] = " ".join(part for part in (state.note(), said) if part)
    return found
