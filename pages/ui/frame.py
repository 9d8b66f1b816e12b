"""What surrounds every page: the strip above it and the what-if controls beside it, drawn once for all pages."""

from __future__ import annotations

import streamlit as st

from db.errors import StoreError
from pages.ui import alerts, baseline, controls, following, keeping, linked, state, strip, style, view, words
from risk_core.errors import MarginscopeError

LINK = "link.menu"
"""Key of the menu with the link; whether it is open."""


def surround() -> None:
    """Strip and controls. What the store or the core refuses is told by the page, not twice."""
    following.start()
    st.html(style.further("frame.css"))
    try:
        held = state.draft()
        state.account(held)
        baseline.pin()
    except (StoreError, MarginscopeError):
        return
    refused = alerts.take_up()
    if told := " ".join(part for part in (state.note(), refused) if part):
        st.toast(words.escape(told), icon=":material/restore:")
    with st.sidebar:
        _panel()
    with st.container(key="strip"):
        _strip()


@following.frame_part
def _strip() -> None:
    try:
        st.html(strip.strip(view.present()))
    except (StoreError, MarginscopeError):
        st.html('<section class="ms ms-strip"><span class="muted">No figures: see below.</span></section>')


def _panel() -> None:
    with st.container(key="panel"):
        head = st.container()
        controls.draw(state.account(state.draft()))
        with head:
            _head()
        _foot()


def _is_moved() -> bool:
    return not controls.present(state.account(state.draft())).is_now


@following.frame_part_of(_is_moved)
def _head() -> None:
    """Drawn after the controls, which take their values from the link only when they are drawn."""
    moved = _is_moved()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="xsmall",
                      key="panel_head"):
        st.html(f'<span class="ms ms-panel-title{" whatif" if moved else ""}"></span>', width="content")
        st.button("Reset all", icon=":material/restart_alt:", key="reset.all", type="tertiary", on_click=_reset,
                  disabled=not moved, help="Every control back to now.")


def _footed() -> tuple[object, ...]:
    """What the foot says; an open link says the controls, which are never the same again."""
    pinned = baseline.pin()
    link_open = st.session_state.get(LINK, False)
    return pinned and pinned.short, st.session_state.get(keeping.NOT_KEPT), object() if link_open else None


@following.frame_part_of(_footed)
def _foot() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="panel_foot"):
        _pin()
        alerts.menu()
        _copy(state.draft())
    if keeping.NOT_KEPT in st.session_state:
        st.caption(f":material/warning: {words.escape(st.session_state[keeping.NOT_KEPT])}")


def _pin() -> None:
    if baseline.pin() is None:
        st.button("Pin", icon=":material/keep:", key="pin", type="tertiary", on_click=_put_pin,
                  help="Keep the present figures as the “before” on every page, instead of the account as it is.")
    else:
        st.button("Unpin", icon=":material/keep_off:", key="unpin", type="tertiary", on_click=_drop_pin,
                  help="Compare with the account without what-if again.")


def _put_pin() -> None:
    """Callback: the figures on screen become the before."""
    try:
        seen = view.present()
        baseline.put(seen.question, seen.draft.label, strip.short(seen.digest))
    except (StoreError, MarginscopeError):
        return
    following.follow()


def _drop_pin() -> None:
    baseline.drop()
    following.follow()


def _reset() -> None:
    controls.reset()
    following.follow()


def _copy(held: state.Draft) -> None:
    """The link to all this, and what it cannot carry."""
    with st.popover("Copy link", icon=":material/link:", key=LINK, on_change="rerun", type="tertiary",
                    help="Account, version, page, choices and what-if are in it; unsaved edits are not.") as menu:
        if not menu.open:
            return
        if held.account_id is None:
            st.markdown("This account was never saved: save it on the Portfolio page, then there is a link to it.")
            return
        st.code(link(held), language=None, wrap_lines=True)
        edits = " **Your unsaved edits are not in it: save them first.**" if state.is_changed(held) else ""
        st.caption(f"Opens this page with this account, its version, these what-if controls and choices.{edits}")


def link(held: state.Draft) -> str:
    """The address of this page with the saved account, the pin, the controls and the choices as they are."""
    pinned = baseline.pin()
    known = {**state.address(held), baseline.LINK: pinned.key if pinned else "", alerts.LINK: "", **alerts.told(),
             **controls.told(state.account(held))}
    others = [name for name in st.query_params if controls.is_control(name)]
    stated = {name: value for name, value in known.items() if value}
    return f"{st.context.url or ''}?{linked.parameters(*others, *state.OF_THIS_TAB, *known, **stated)}"
