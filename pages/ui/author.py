"""Who works in this browser: the name given, if one was, and a text that is the same in every tab of the browser.

The text is a digest of the cookie against forged requests that the server gives every browser before its first run. It
tells one's own other tab from somebody else's and is no proof of anything. The name is kept in the store under it.
"""

from __future__ import annotations

import json
from binascii import Error, unhexlify
from contextlib import suppress
from hashlib import sha256
from itertools import cycle
from uuid import uuid4

import streamlit as st

from db.authors import LONGEST_NAME, Author, checked
from db.errors import StoreError
from db.records import VersionSummary
from pages.ui import cached

COOKIE = "_streamlit_xsrf"
ALONE = "browser without a cookie"
NAME, MENU = "author.name", "author.menu"
"""Keys of the field and of its menu."""
YOU = "you"


def present() -> Author:
    """Who saves from this tab, with the name that any tab of the browser gave last."""
    return Author(_name(), browser())


def browser() -> str:
    """32 hexadecimal digits, the same in every tab of a browser; of this session alone where it sent no cookie."""
    found = _unmasked(str(st.context.cookies.get(COOKIE, "")))
    if found is None:
        found = st.session_state.setdefault(ALONE, str(uuid4())).encode()
    return sha256(b"browser\n" + found).hexdigest()[:32]


def _unmasked(cookie: str) -> bytes | None:
    """What the cookie stands for: it is `2|mask|bytes under the mask|time`, with another mask each time it is sent."""
    parts = cookie.strip("\"'").split("|")
    if len(parts) != 4:
        return None
    try:
        mask, under = unhexlify(parts[1]), unhexlify(parts[2])
    except (Error, ValueError):
        return None
    return bytes(a ^ b for a, b in zip(under, cycle(mask), strict=False)) if mask and under else None


def _name() -> str:
    try:
        text = cached.store().drafts.find(_key())
        return checked(str(json.loads(text)["name"])) if text else ""
    except (StoreError, ValueError, KeyError, TypeError):
        return ""


def _key() -> str:
    return f"author-{browser()}"


def keep() -> None:
    """Callback of the field: the name goes with every version saved from now on."""
    give(str(st.session_state.get(NAME) or ""))
    st.session_state[MENU] = False


def give(name: str) -> None:
    """Keep a name for this browser; an empty one is forgotten."""
    drafts, given = cached.store().drafts, checked(name)
    with suppress(StoreError):
        if given:
            drafts.keep(_key(), json.dumps({"name": given}))
        else:
            drafts.drop(_key())


def menu() -> None:
    """The field for the name, folded away."""
    known = _name()
    with st.popover("Your name", icon=":material/badge:", key=MENU, on_change="rerun",
                    help=f"Versions you save are marked “{known}”." if known else
                    "Optional: told to others beside the versions you save.") as opened:
        if opened.open:
            st.text_input("Your name", value=known, key=NAME, max_chars=LONGEST_NAME, on_change=keep,
                          placeholder="none given",
                          help="Kept for this browser, 14 days after the last save under it. Stored with each version "
                               "you save, shown in the history and to whoever saves the same account at the same time.")


def refresh() -> None:
    """A name that is used stays kept."""
    if known := _name():
        give(known)


def told(one: VersionSummary, here: str) -> str:
    """Who saved a version, for its line in the history; empty where that was not kept. here: this `browser`."""
    if not one.by.is_known:
        return ""
    return one.by.name or (YOU if one.by.browser == here else "no name given")
