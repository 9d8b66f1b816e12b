"""Faults of the program itself: one sentence with an incident number on screen, the trace under it in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from secrets import token_hex

import streamlit as st
from streamlit.errors import FragmentHandledException

from pages.ui.redaction import trace_of

log = logging.getLogger("marginscope")


@contextmanager
def caught() -> Iterator[None]:
    """The one catch around every page. What streamlit raises to stop, rerun or switch a page passes."""
    try:
        yield
    except FragmentHandledException:  # its fault was told where it happened
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, the screen gets a sentence
        tell(fault)


def tell(fault: Exception) -> bool:
    """Log the trace without secrets, show the number; also for callbacks and fragments. True: it was told."""
    number = f"{datetime.now(UTC):%y%m%d}-{token_hex(3).upper()}"
    log.error("incident %s\n%s", number, trace_of(fault))
    st.error(f"A fault of the program stopped this page: reload it to go on; the server's log says more under "
             f"incident {number}.", icon=":material/error:")
    return True
