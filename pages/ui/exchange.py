"""The account file in and out: an import is checked as a whole and changes nothing when refused."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from pages.ui import csv_menu, saving, state, words
from pages.ui.csv_files import MOST_ROWS
from pages.ui.state import Draft
from risk_core.errors import ABSENT, MarginscopeError, Problem, Refused, shown
from risk_core.portfolio.account_file import Account, read_document, write
from risk_core.portfolio.json_text import parse

SUFFIX = ".margin.json"
ACCOUNT = "Account file"
KINDS = {ACCOUNT: "", "Positions, CSV": "positions", "Open orders, CSV": "orders", "Collateral, CSV": "collateral"}
"""What can be imported, and the sheet it goes into; none for a whole account."""
MOST_TOLD = 100
"""Problems of a refused file that are shown; the command line prints every one."""


def export(draft: Draft) -> None:
    """The button that downloads the account file of the draft."""
    st.download_button("Account file", lambda: text_of(draft), file_name(draft.label), "application/json",
                       icon=":material/download:", key="export", on_click="ignore", width="stretch",
                       help="Download this account as a file: everything a result depends on.")


def text_of(draft: Draft) -> str:
    """The draft as its file, exactly as the core writes it."""
    return write(read_document(draft.document))


def file_name(label: str) -> str:
    """`Short strangle` → `short-strangle.margin.json`."""
    return (re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "account") + SUFFIX


def import_() -> None:
    """The popover that takes files: an account file is opened, CSV goes into the draft; each is checked first."""
    with st.popover("Import", icon=":material/upload:", key="import.menu", on_change="rerun",
                    help="Open an account file, or bring positions or collateral in from CSV.") as menu:
        if not menu.open:
            return
        kind = st.segmented_control("What", list(KINDS), default=ACCOUNT, required=True, key="import.kind",
                                    label_visibility="collapsed", help="What the file holds.")
        if KINDS[kind or ACCOUNT]:
            csv_menu.show(KINDS[kind or ACCOUNT])
            return
        file = st.file_uploader("Account file", type=["json"], key="import.file",
                                help="A *.margin.json file, as Export writes it. It is checked first.")
        if file is not None:
            _checked(file.name, file.getvalue())


def _checked(name: str, raw: bytes) -> None:
    try:
        account = taken(raw)
    except Refused as refused:
        _problems(name, refused.problems)
        return
    positions = len(account.document["positions"])
    st.success(f"{words.escape(name)} is sound: {positions} position{'' if positions == 1 else 's'}, "
               f"{words.escape(words.listed(list(account.underlyings)) or 'no underlying')}.", icon=":material/check:")
    st.button("Open it", key="import.go", type="primary", on_click=_open, args=(account, name))


def taken(raw: bytes) -> Account:
    """The account in an uploaded file. Raises Refused with every problem."""
    try:
        document = parse(raw.decode("utf-8"))
        for key in ("positions", "orders", "collateral") if isinstance(document, dict) else ():
            if isinstance(document.get(key), list) and len(document[key]) > MOST_ROWS:
                raise Refused([Problem(key, len(document[key]), f"must have at most {MOST_ROWS:,} rows")])
        return read_document(document)
    except UnicodeDecodeError:
        raise Refused([Problem("$", raw[:20].decode("latin-1"), "must be UTF-8 text")]) from None


def _problems(name: str, problems: tuple[Problem, ...]) -> None:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    st.error(f"{words.escape(name)} is refused, nothing was changed: {count}.", icon=":material/block:")
    st.table([_row(problem) for problem in problems[:MOST_TOLD]], hide_index=True)
    if len(problems) > MOST_TOLD:
        st.caption(f"The first {MOST_TOLD} are shown.")


def _row(problem: Problem) -> dict[str, Any]:
    value = "absent" if problem.value is ABSENT else shown(problem.value)
    return {"Path": words.escape(problem.path), "Value": words.escape(value), "Rule": words.escape(problem.rule)}


def _open(account: Account, name: str) -> None:
    try:
        state.new_document(account.document, account.name or name.removesuffix(SUFFIX))
    except MarginscopeError as refused:
        saving.say(str(refused), failed=True)
    else:
        st.session_state["import.menu"] = False
        saving.say(f"Opened “{account.name or name}”. It is not saved yet.")
