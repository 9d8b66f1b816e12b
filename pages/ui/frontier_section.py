"""The part of the liquidation page with the map: which factors, which mode, the map and what it says."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.ui import (
    cached,
    csv_files,
    downloads,
    frontier_figure,
    glossary,
    heading,
    jumping,
    linked,
    markup,
    state,
    view,
    words,
)
from pages.ui.chart import chart
from pages.ui.following import follows_first
from pages.ui.frontier_near import Near
from pages.ui.frontier_picture import MapPicture, along_price, coins
from pages.ui.plans import COINS, DAYS, VOLATILITY
from pages.ui.telling import told
from risk_core.margin.models import MODES

KINDS = {COINS: "Two coins", VOLATILITY: "Price × volatility", DAYS: "Price × days"}
EVERY, TOGETHER = "all", "All prices"


@follows_first
def section() -> None:
    """The map of the draft after the what-if."""
    with told():
        seen = view.present()
        head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom")
        head.subheader("Map of two factors", anchor=False, width="content")
        left, right = st.columns([5, 9], gap="medium")
        with left:
            picture = _asked(seen)
            if picture is None:
                return
            st.html(markup.html("".join(_card(picture, one) for one in picture.near.values())))
            st.caption(_measure(picture, seen))
            _go(picture)
        with right:
            _draw(picture, seen)
        with head:
            downloads.of_chart("Map as CSV", lambda: csv(picture), seen.draft, "liquidation-map")


def _asked(seen: view.View) -> MapPicture | None:
    """The controls of the map and the map they ask for."""
    kinds = [kind for kind in KINDS if kind != COINS or len(seen.names) > 1]
    why = "The two things that move." + ("" if COINS in kinds else " Two coins need two coins in the account.")
    kind = linked.choice("Map over", kinds, kinds[0], "map", help=f"{why} {glossary.pointer('Frontier')}",
                         format_func=KINDS.__getitem__)
    modes = [*seen.modes, EVERY]
    mode = linked.choice("Buffer of", modes, _weakest(seen), "map.mode",
                         help=f"Whose least buffer is drawn. {glossary.pointer('Buffer')}",
                         format_func=lambda name: "All modes" if name == EVERY else MODES[name].title)
    chosen = None if mode == EVERY else mode
    footer = heading.demo_note(seen.draft) + (", what-if" if seen.moved else "")
    if kind == COINS:
        names = _pair(seen.names)
        return coins(seen, cached.triggered(seen.question, seen.modes), names, chosen, footer)
    along = price_control("map.along", seen.names)
    return along_price(seen, kind, along, chosen, footer)


def _weakest(seen: view.View) -> str:
    """The mode a map opens with: portfolio, the one that is a surface and not a set of lines, unless it is missing."""
    return "portfolio" if "portfolio" in seen.modes else seen.modes[0]


def _pair(names: tuple[str, ...]) -> tuple[str, str]:
    if len(names) == 2:
        return names[0], names[1]
    one, other = st.columns(2)
    across = linked.pick(one, "Across", names, names[0], "map.x", words.escape,
                         help=f"The coin along the map. {glossary.pointer('Underlying')}")
    others = [name for name in names if name != across]
    return across, linked.pick(other, "Up", others, others[0], "map.y", words.escape,
                               help=f"The coin up the map. {glossary.pointer('Underlying')}")


def price_control(key: str, names: tuple[str, ...]) -> str:
    """Which price a chart walks along: one coin's, or all together."""
    if len(names) < 2:
        return names[0] if names else state.TOGETHER
    chosen = linked.choice("Price", [TOGETHER, *names], names[0], key,
                           help=f"The price that moves; the others stand still. {glossary.pointer('Walk')}",
                           format_func=lambda name: name if name == TOGETHER else words.escape(f"{name} alone"))
    return state.TOGETHER if chosen == TOGETHER else chosen


def _card(picture: MapPicture, near: Near) -> str:
    quiet = "" if picture.chosen in (None, near.mode) else " quiet"
    head = f'<div class="top">{markup.mode(near.mode)}</div>'
    return f'<div class="ms-card slim {near.mode}{quiet}">{head}<p>{escape(near.text)}</p></div>'


def _go(picture: MapPicture) -> None:
    near = picture.first
    place = None if near is None else near.place
    far = place is not None and not jumping.reaches(picture.plan, place)
    st.button("Set the what-if to the nearest point", icon=":material/my_location:", key="map.go", type="tertiary",
              on_click=jumping.to_point, args=(picture.plan, place, near.mode if near else ""),
              disabled=place is None or far,
              help="The point lies beyond the ends of the sliders." if far else
              "The controls take the point exactly, as with a click on the map.")


def _draw(picture: MapPicture, seen: view.View) -> None:
    revision = f"{seen.draft.account_id} {picture.plan.kind} {picture.plan.moved}"

    def clicked(x: float, y: float) -> None:
        jumping.to_place(picture.plan, (picture.across.factor(x), picture.up.factor(y)))

    chart(frontier_figure.frontier_map(picture, revision), "liquidation-map", _alt(picture), 560, clicked)
    st.caption(_legend(picture, seen))


def _measure(picture: MapPicture, seen: view.View) -> str:
    """How the distance of the nearest point is measured, and what it assumes; markdown."""
    source, kind = words.escape(picture.source), picture.plan.kind
    if not picture.outlines:
        several = kind != COINS and len(picture.plan.moved) > 1
        return ("Several prices together have no σ of their own: nearest is the price alone." if several else
                "No volatility in the market data: no distance in sigmas.")
    if kind == DAYS:
        return ("Sigmas of n days: log move ÷ (daily σ × √n), on whole days; nearest is where the narrowest cone of "
                f"the price meets the boundary. Daily σ: {source}.")
    if kind == COINS:
        return f"Daily sigmas of both coins together: the smallest joint move, √(z′ Σ⁻¹ z) of log moves; {source}."
    if not seen.account.instruments.is_option.any():
        return "There are no options here: volatility changes nothing, and nearest is the price alone."
    return ("Daily sigmas of price and volatility together: the smallest joint move, √(z′ Σ⁻¹ z) of log moves. Assumed "
            f"σ: {source}.")


def _alt(picture: MapPicture) -> str:
    said = " ".join(f"{MODES[one.mode].title}: {one.text}" for one in picture.near.values())
    return f"Map of the liquidation boundary of each mode over {picture.across.title} and {picture.up.title}. {said}"


def _legend(picture: MapPicture, seen: view.View) -> str:
    """How to read the map, and what it assumes; markdown."""
    if picture.chosen is None:
        text = "The stronger the grey, the more modes are liquidated; hatched: all of them."
    else:
        top = words.compact(frontier_figure.limit(picture))
        text = (f"Colour: least buffer over pool and legs in {MODES[picture.chosen].title} mode, blank at 0; it stops "
                f"at ±{top} USD, the {frontier_figure.CLIP:.0f}th percentile. Hatched: liquidated.")
    text += " Lines: where a mode's least buffer is 0. Click a cell to set the what-if there."
    if picture.plan.kind == COINS:
        text += " Other coins are held still; volatility stays with its strike."
    if picture.plan.kind == VOLATILITY:
        text += " Every implied volatility is multiplied alike and stays with its strike."
    if picture.plan.kind == DAYS:
        text += (" Legs that expire on the way are settled at the price where the account stands, then the price "
                 "moves; perpetuals pay funding at the present rate.")
    elif seen.controls.days:
        text += " Legs that expire before the day chosen are settled at the what-if price."
    widened = ", widening with the root of time" if picture.plan.kind == DAYS else ""
    return text + (f" Dotted: 1 and 2 daily σ{widened}." if picture.outlines else " No likely moves are drawn.")


def csv(picture: MapPicture) -> bytes:
    """The map as a file, one row per cell."""
    buffers = [f"{MODES[mode].title} least buffer, USD" for mode in picture.least]
    head = (picture.across.title, picture.up.title, *buffers)
    grids = list(picture.least.values())
    return csv_files.write(head, (
        [float(x), float(y), *(float(grid[i, j]) if abs(grid[i, j]) < float("inf") else None for grid in grids)]
        for i, y in enumerate(picture.y) for j, x in enumerate(picture.x)))
