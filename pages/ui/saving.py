"""Saving, renaming, deleting: what the buttons do. Each is a callback and tells what came of it; none half succeeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import NAMESPACE_OID, uuid4, uuid5

import streamlit as st

from db.errors import Conflict, StoreError, UnknownAccount
from db.store import Store
from pages.ui import author, cached, controls, desk, state
from pages.ui.state import Draft
from risk_core.errors import MarginscopeError
from risk_core.portfolio.account_file import read_document

NOTICE = "notice"
CONFLICT = "conflict"
SESSION = "session"


@dataclass(frozen=True)
class Notice:
    """What came of the last action. deleted: id and version of an account that can be brought back."""

    text: str
    failed: bool = False
    deleted: tuple[str, int] | None = None


def notice() -> Notice | None:
    """What to tell once."""
    told: Notice | None = st.session_state.get(NOTICE)
    if told and not told.deleted:
        del st.session_state[NOTICE]
    return told


def say(text: str, *, failed: bool = False, deleted: tuple[str, int] | None = None) -> None:
    """Tell this at the next run."""
    st.session_state[NOTICE] = Notice(text, failed, deleted)


@contextmanager
def answered() -> Iterator[None]:
    """What the store or the core refuses is told, and nothing was changed."""
    try:
        yield
    except Conflict as conflict:
        st.session_state[CONFLICT] = conflict
    except (StoreError, MarginscopeError) as refused:
        say(str(refused), failed=True)


def _store() -> Store:
    return cached.store()


def request_key(draft: Draft, what: str) -> str:
    """The same for the same action on the same draft in this session, so that a double click acts once."""
    session = st.session_state.setdefault(SESSION, str(uuid4()))
    parts = (session, what, str(draft.account_id), str(draft.version), draft.digest)
    return str(uuid5(NAMESPACE_OID, "\n".join(parts)))


def save() -> None:
    """Save the draft as the next version of its account."""
    draft = _settled()
    if draft is None or draft.account_id is None or draft.version is None or draft.is_sample:
        return
    if state.is_changed(draft):
        with answered():
            _save_over(draft, draft.version)


def _gone(draft: Draft) -> None:
    say(f"Not saved: “{draft.label}” was deleted meanwhile. Yours is still here: keep it by Save as, or bring "
        "the deleted one back from Open.", failed=True)


def _save_over(draft: Draft, version: int) -> None:
    if draft.account_id is not None:
        account = read_document(draft.document)
        try:
            stored = _store().save(draft.account_id, account, version,
                                   request_key(draft, f"save over {version}"),
                                   author.present())
        except UnknownAccount:
            _gone(draft)
            return
        _saved(f"Saved “{draft.label}” as version {stored.version}.", stored)


def _saved(text: str, stored: object) -> None:
    state.mark_saved(stored)  # type: ignore[arg-type]
    desk.saved()
    author.refresh()
    st.session_state.pop(CONFLICT, None)
    say(text)


def save_as(name_key: str, open_key: str) -> None:
    """Save the draft as a new account under the name in the field `name_key`; closes the popover `open_key`."""
    draft, name = _settled(), str(st.session_state.get(name_key) or "").strip()
    if draft is None:
        return
    if not name:
        say("Not saved: type a name first.", failed=True)
        return
    with answered():
        account = read_document(_named(draft, name))
        _saved(f"Saved as “{name}”.", _store().save_new(account, request_key(draft, f"save as {name}"),
                                                      by=author.present()))
        st.session_state[open_key] = False


def _named(draft: Draft, name: str) -> dict[str, object]:
    """The draft's document under a name, in the place where the file has it."""
    rest = {key: value for key, value in draft.document.items() if key not in ("format", "name")}
    return {"format": draft.document["format"], "name": name, **rest}


def _settled() -> Draft | None:
    """The draft with everything typed in force; None, and told, when something typed is not."""
    held = desk.absorb()
    if held.troubles:
        say("Not saved: correct or discard first what is typed and not in force.", failed=True)
        return None
    return held.held


def rename(name_key: str, open_key: str) -> None:
    """Give the account another name: at once where nothing else is unsaved, else as an edit to be saved."""
    draft, name = desk.absorb().held, str(st.session_state.get(name_key) or "").strip()
    if not name or name == draft.label:
        return
    with answered():
        if draft.account_id and draft.version and not draft.is_sample and not state.is_changed(draft):
            _saved(f"Renamed to “{name}”.", _store().rename(draft.account_id, name, draft.version,
                                                                  author.present()))
        else:
            desk.rewrite({"name": name})
            say(f"The name “{name}” is kept with the next save.")
        st.session_state[open_key] = False


def delete(open_key: str) -> None:
    """Take the account out of the list; the notice offers the way back. Another account is opened."""
    draft = state.draft()
    if draft.account_id is None or draft.version is None:
        return
    with answered():
        _store().delete(draft.account_id, draft.version, author.present())
        left = _store().list_accounts()
        state.open_account(left[0].id) if left else state.new_document(draft.document)
        state.drop_aside()
        say(f"Deleted “{draft.label}”.", deleted=(draft.account_id, draft.version))
        st.session_state[open_key] = False


def open_chosen(choice_key: str, open_key: str) -> None:
    """Open the account chosen in the field `choice_key`."""
    chosen = st.session_state.get(choice_key)
    if chosen:
        with answered():
            state.open_account(chosen)
            controls.reset()
            st.session_state[open_key] = False


def reload() -> None:
    """Of two versions take the store's; mine is put aside."""
    conflict = conflict_of(state.draft())
    let_be()
    if conflict is not None:
        with answered():
            state.open_account(conflict.theirs.id)
            say("The stored version is open. Yours was put aside: take it back whenever you want.")


def conflict_of(draft: Draft) -> Conflict | None:
    """The question about two versions, as long as the account it is about is open."""
    found: Conflict | None = st.session_state.get(CONFLICT)
    return found if found is not None and found.theirs.id == draft.account_id else None


def overwrite() -> None:
    """Of two versions keep mine, as the next version after theirs; theirs stays in the history."""
    draft = _settled()
    conflict = conflict_of(draft) if draft else None
    let_be()
    if draft is not None and conflict is not None:
        with answered():
            _save_over(draft, conflict.theirs.version)


def let_be() -> None:
    """Close the question about two versions without deciding."""
    st.session_state.pop(CONFLICT, None)


def dismiss() -> None:
    """Put the notice away."""
    st.session_state.pop(NOTICE, None)
