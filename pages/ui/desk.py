"""The desk of the portfolio page: what is typed into its grids, and the one way by which an edit comes into force.

The grids are given a fixed source and a key, and report what was touched. After each report all that is typed is judged
as a whole: valid, it becomes the session's draft; not valid, it stays on the desk with the reasons, the draft stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from pages.ui import desk_kept, state, tables
from pages.ui.editing import Trouble, judge
from pages.ui.grids import grid_of
from pages.ui.history import History
from pages.ui.state import Draft
from pages.ui.tables import Sheet

DESK = "desk"


@dataclass(frozen=True)
class Source:
    """What a grid was given. turn: part of its key. choices: what its choice columns offer, fixed like the rows."""

    turn: int
    rows: Sheet
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Desk:
    """sheets: as typed. held: the draft they belong to. sources: what each grid on screen was given."""

    held: Draft
    sheets: Mapping[str, Sheet]
    history: History
    sources: Mapping[str, Source] = field(default_factory=dict)
    turn: int = 1
    troubles: tuple[Trouble, ...] = ()


def desk() -> Desk:
    """The desk for the present draft; laid out anew when the draft was changed elsewhere."""
    held: Desk | None = st.session_state.get(DESK)
    draft = state.draft()
    if held is None:
        return _first(draft)
    if held.held is draft:
        return held
    if held.held.digest == draft.digest and held.held.account_id == draft.account_id:
        return _keep(replace(held, held=draft))
    return _keep(_laid_out(held, draft))


def _first(draft: Draft) -> Desk:
    """As it was before a refresh, where that was kept of this very draft."""
    kept = desk_kept.found(draft)
    history, typed = kept or (History(draft.document), None)
    laid = Desk(draft, tables.sheets_of(draft.document), history)
    st.session_state[DESK] = laid
    return laid if typed is None else _judged(laid, {**laid.sheets, **typed})


def _laid_out(held: Desk, draft: Draft) -> Desk:
    """Fresh sheets and sources. The same account continues its history, another one starts its own."""
    fresh = replace(held, held=draft, sheets=tables.sheets_of(draft.document), sources={}, turn=held.turn + 1,
                    troubles=())
    same = held.held.label == draft.label or draft.account_id is not None
    if same and held.held.account_id == draft.account_id and draft.saved_digest == held.held.saved_digest:
        return replace(fresh, history=held.history.edited(held.held.document))
    return replace(fresh, history=History(draft.document))


def _keep(held: Desk) -> Desk:
    before: Desk = st.session_state[DESK]
    st.session_state[DESK] = held
    if _told(before) != _told(held):
        desk_kept.keep(held.held, held.history, held.sheets, held.troubles)
    return held


def _told(held: Desk) -> tuple[object, ...]:
    """What is kept of a desk over a refresh; two alike need not be written twice."""
    past, future = (tuple(map(id, side)) for side in (held.history.past, held.history.future))
    typed = held.sheets if held.troubles else None
    return past, future, id(held.history.opened), typed, held.held.digest, held.held.account_id


def grid_key(sheet: str, turn: int) -> str:
    """Session key of a grid's widget."""
    return f"grid {sheet} {turn}"


def source(sheet: str, choices: tuple[str, ...] = ()) -> tuple[str, Sheet]:
    """Key and rows for the grid of a sheet: the same as last time while it stays on screen with the same choices."""
    held = desk()
    given = held.sources.get(sheet)
    if given is None or given.choices != choices or grid_key(sheet, given.turn) not in st.session_state:
        given = Source(held.turn + 1, held.sheets.get(sheet, ()), choices)
        _keep(replace(held, turn=given.turn, sources={**held.sources, sheet: given}))
    return grid_key(sheet, given.turn), given.rows


def absorb() -> Desk:
    """Take up what the grids report; call it first in the page and as every grid's callback."""
    held = desk()
    sheets = dict(held.sheets)
    for name, given in held.sources.items():
        changes = st.session_state.get(grid_key(name, given.turn))
        if changes is not None:
            sheets[name] = tables.edited(grid_of(name), given.rows, changes)
    return held if sheets == held.sheets else _judged(held, sheets)


def type_in(changed: Mapping[str, Sheet]) -> Desk:
    """Replace whole sheets as if they had been typed; whatever else is typed stays."""
    held = absorb()
    sources = {name: given for name, given in held.sources.items() if name not in changed}
    return _judged(replace(held, sources=sources), {**held.sheets, **changed})


def rewrite(changes: Mapping[str, Any]) -> None:
    """Change what no grid shows, such as name and rules, as one edit; whatever is typed stays. Raises Refused."""
    held = absorb()
    before = held.held.document
    draft = state.set_document({**before, **changes})
    _keep(replace(held, held=draft, history=held.history.edited(before)))


def _judged(held: Desk, sheets: Mapping[str, Sheet]) -> Desk:
    outcome = judge(sheets, held.held.document)
    held = replace(held, sheets=sheets, troubles=outcome.troubles)
    if outcome.document is None or outcome.document == held.held.document:
        return _keep(held)
    before, after = held.held, state.set_document(outcome.document)
    return _keep(replace(held, held=after, history=held.history.edited(before.document)))


def discard() -> None:
    """Drop what is typed and not in force."""
    held = desk()
    _keep(replace(held, sheets=tables.sheets_of(held.held.document), sources={}, turn=held.turn + 1, troubles=()))


def undo() -> None:
    """Back to the document before the last edit; what is typed and not in force is dropped first, on its own."""
    held = absorb()
    if held.troubles:
        discard()
    elif held.history.past:
        _go(held, *held.history.undone(held.held.document))


def redo() -> None:
    """Forward again to what was undone."""
    held = absorb()
    if held.history.future and not held.troubles:
        _go(held, *held.history.redone(held.held.document))


def _go(held: Desk, history: History, document: Mapping[str, Any]) -> None:
    draft = state.set_document(document)
    _keep(replace(held, held=draft, sheets=tables.sheets_of(document), sources={}, turn=held.turn + 1, history=history))


def saved() -> None:
    """The draft was just saved, perhaps under another name: it is what later edits are compared with."""
    held, draft = st.session_state[DESK], state.draft()
    _keep(replace(held, held=draft, history=replace(held.history, opened=draft.document)))
