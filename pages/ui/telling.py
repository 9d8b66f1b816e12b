"""Errors as sentences: whatever was refused is told in words, never as a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import streamlit as st

from db.errors import StoreError
from pages.ui import words
from risk_core.errors import MarginscopeError, Refused, Unsettled


@contextmanager
def told() -> Iterator[None]:
    """What the core or the store refuses inside is shown in its place."""
    try:
        yield
    except (MarginscopeError, StoreError) as refused:
        _show(refused)


@contextmanager
def told_beside(other: Callable[[], object]) -> Iterator[None]:
    """The same for a part beside one that shows `other`: what refuses both is told there alone."""
    try:
        yield
    except (MarginscopeError, StoreError) as refused:
        try:
            other()
        except (MarginscopeError, StoreError):
            return
        _show(refused)


def _show(refused: MarginscopeError | StoreError) -> None:
    if isinstance(refused, StoreError):
        st.error(words.escape(str(refused)), icon=":material/database_off:")
    else:
        st.error(sentence(refused), icon=":material/block:")


@contextmanager
def untold() -> Iterator[None]:
    """What is refused inside leaves its place empty: another part of the page says why."""
    with suppress(MarginscopeError, StoreError):
        yield


def sentence(refused: MarginscopeError) -> str:
    """One sentence of markdown for what was refused."""
    if isinstance(refused, Unsettled):
        return f"No liquidation level can be given here: {words.escape(str(refused))}"
    if isinstance(refused, Refused) and refused.problems:
        first, more = words.escape(str(refused.problems[0])), len(refused.problems) - 1
        others = f" (and {more} more)" if more else ""
        return f"These figures cannot be computed: {first}{others}."
    return words.escape(str(refused))
