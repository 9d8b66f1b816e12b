"""Undo, redo and what is typed but not in force, kept in the store so that a refresh loses none of it.

The text belongs to one account at one content hash: beside any other draft it is let go. It is bounded; of a history
too long to keep, the edits nearest to now are kept.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.ui import keeping, state
from pages.ui.draft import Draft
from pages.ui.editing import Trouble
from pages.ui.history import Document, History
from pages.ui.tables import Sheet
from risk_core.errors import MarginscopeError
from risk_core.portfolio.account_file import read_document

ROOM = 1_000_000
"""Characters of all documents of a history that is kept."""
MOST = 4 * ROOM
"""Bytes that a kept text may unfold to."""

Kept = tuple[History, Mapping[str, Sheet] | None]


def keep(draft: Draft, history: History, sheets: Mapping[str, Sheet], troubles: Sequence[Trouble]) -> None:
    """Keep what belongs to the present draft in place of what was kept before; nothing where there is nothing."""
    key = st.session_state.get(state.DESK_KEY, "")
    if history.past or history.future or troubles:
        text = written(draft, history, sheets if troubles else None)
        st.session_state[state.DESK_KEY] = keeping.overwrite(key, text)
    elif key:
        keeping.drop(key)
        st.session_state[state.DESK_KEY] = ""


def found(draft: Draft) -> Kept | None:
    """History and sheets as typed, None for as in the document, of the link's key; None for none of this draft."""
    key, text = keeping.taken(st.session_state.get(state.DESK_KEY, ""))
    kept = None if text is None else read(text, draft)
    st.session_state[state.DESK_KEY] = "" if kept is None else key
    return kept


def written(draft: Draft, history: History, sheets: Mapping[str, Sheet] | None) -> str:
    """As text. sheets: as typed; None where the document says it all."""
    opened = None if history.opened == draft.document else json.dumps(history.opened)
    past = list(_within(reversed(history.past), ROOM))
    future = list(_within(reversed(history.future), ROOM - sum(map(len, past))))
    told = {"account_id": draft.account_id, "digest": draft.digest, "opened": opened, "past": past[::-1],
            "future": future[::-1], "sheets": sheets}
    return base64.b64encode(zlib.compress(json.dumps(told).encode(), 1)).decode("ascii")


def _within(documents: Iterator[Document], room: int) -> Iterator[str]:
    """The documents as text, as long as there is room for them."""
    for document in documents:
        text = json.dumps(document)
        room -= len(text)
        if room < 0:
            return
        yield text


def read(text: str, draft: Draft) -> Kept | None:
    """What `written` wrote of this very draft; None for any other text."""
    try:
        told = json.loads(zlib.decompressobj().decompress(base64.b64decode(text, validate=True), MOST))
        if (told["account_id"], told["digest"]) != (draft.account_id, draft.digest):
            return None
        opened = draft.document if told["opened"] is None else _document(told["opened"])
        history = History(opened, tuple(map(_document, told["past"])), tuple(map(_document, told["future"])))
        sheets = told["sheets"]
        return history, None if sheets is None else {str(name): tuple(map(dict, sheets[name])) for name in sheets}
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError, MarginscopeError):
        return None


def _document(text: str) -> Mapping[str, Any]:
    """A document that this release understands. Raises Refused."""
    document: Mapping[str, Any] = json.loads(text)
    read_document(document)
    return document
