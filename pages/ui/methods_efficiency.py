"""How well the margin of one rulebook is used, how its buffer follows each price, and the hedge that stops it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from pages.ui import csv_files, downloads, linked, markup, sizes, words
from pages.ui.cached import ENTRIES, HOUR
from pages.ui.methods_data import Row, Seen
from risk_core.arrays import Floats
from risk_core.errors import MarginscopeError
from risk_core.margin.efficiency import Measure, measures
from risk_core.margin.models import MODES
from risk_core.margin.rulebook_table import Asked
from risk_core.margin.solvency_delta import Hedge, SolvencyDelta, hedge, solvency_deltas

HEDGES = "methods.hedges"
SLOPE = ("Solvency delta", ("USD of buffer (equity less maintenance margin) gained when the price rises by 1 %, "
                            "everything else still. Where its sides differ both are given: falling, rising."))
COINS = ("Hedge", ("Coins of the linear perpetual, + buy, − sell, that make the solvency delta 0: found with the "
                   "perpetual in the account, so its own margin counts."))
KINK = "jumps over 0 there"


@st.cache_resource(max_entries=2 * ENTRIES, ttl=HOUR, show_spinner=False)
def _measured(text: str, _asked: Asked) -> tuple[tuple[Measure, ...], tuple[SolvencyDelta, ...]]:  # noqa: ARG001
    return measures(_asked.holding, *_losses(_asked)), solvency_deltas(_asked.holding)


@st.cache_resource(max_entries=2 * ENTRIES, ttl=HOUR, show_spinner=False)
def _hedged(text: str, name: str, _asked: Asked) -> Hedge | str:  # noqa: ARG001
    try:
        return hedge(_asked.holding.account, _asked.rulebook.rules, MODES["portfolio"], name)
    except MarginscopeError as refused:
        return str(refused)


def _losses(one: Asked) -> tuple[Floats, Floats] | tuple[()]:
    """Losses of joint moves of everything and their probabilities, where the method has such."""
    if len(one.scenarios) != 1 or one.scenarios[0].weight is None:
        return ()
    return -one.scenarios[0].profit, one.scenarios[0].weight


def section(seen: Seen, row: Row) -> None:
    """The measures with their definitions, and the solvency delta of each coin."""
    row.question.within(sizes.OPENED)
    with st.spinner("Measuring"):
        found, slopes = _measured(row.question.text, row.asked)
    name = row.asked.rulebook.name
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown("**Efficiency of this margin**")
        downloads.of_chart("Efficiency as CSV", lambda: csv(name, found, slopes), seen.draft, f"efficiency-{name}")
    st.html(_measures(found))
    hedged = linked.switch("Hedges that stop the buffer moving", HEDGES, help=COINS[1])
    hedges = _hedges(row, slopes) if hedged else None
    st.html(_slopes(slopes, hedges))


def _hedges(row: Row, slopes: Sequence[SolvencyDelta]) -> dict[str, Hedge | str]:
    bar, found = st.progress(0.0, "Hedges"), {}
    for done, one in enumerate(slopes):
        bar.progress(done / len(slopes), f"Hedge in {words.escape(one.underlying)}")
        found[one.underlying] = _hedged(row.question.text, one.underlying, row.asked)
    bar.empty()
    return found


def _measures(found: Sequence[Measure]) -> str:
    body = "".join(
        f'<tr><th scope="row">{markup.helped(one.title, f"{one.definition} {one.limits}")}</th>'
        f"<td>{escape(value_words(one))}</td></tr>" for one in found)
    head = '<thead><tr><th scope="col">Measure</th><th scope="col">Value</th></tr></thead>'
    return markup.html(markup.table("Efficiency of this margin", f"{head}<tbody>{body}</tbody>", "legs measures"))


def value_words(one: Measure) -> str:
    """The value in its unit, or why there is none."""
    if one.value is None:
        return f"{words.NONE}: {one.reason}"
    if one.unit == "dollars":
        return f"{words.money(one.value, plus=True)} USD"
    return words.percent(one.value, places=2) + (" a day" if one.unit == "share a day" else "")


def _slopes(slopes: Sequence[SolvencyDelta], hedges: dict[str, Hedge | str] | None) -> str:
    heads = (SLOPE,) if hedges is None else (SLOPE, COINS)
    top = "".join(f'<th scope="col">{markup.helped(*head)}</th>' for head in heads)
    body = ""
    for one in slopes:
        more = "" if hedges is None else f"<td>{escape(hedge_words(hedges[one.underlying]))}</td>"
        body += f'<tr><th scope="row">{escape(one.underlying)}</th><td>{escape(slope_words(one))}</td>{more}</tr>'
    head = f'<thead><tr><th scope="col">Coin</th>{top}</tr></thead>'
    return markup.html(markup.table("Solvency delta of each coin", f"{head}<tbody>{body}</tbody>", "legs measures"))


def slope_words(one: SolvencyDelta) -> str:
    """Dollars of buffer per +1 %; both sides at a kink."""
    if not one.is_kink:
        return f"{words.money(one.per_percent, plus=True)} USD"
    below, above = (words.money(0.01 * side, plus=True) for side in (one.below, one.above))
    return f"{below} falling, {above} rising"


def hedge_words(found: Hedge | str) -> str:
    """Size of the hedge, or why there is none."""
    if isinstance(found, str):
        return f"{words.NONE}: {found}"
    if found.quantity is None:
        return f"{words.NONE}: {found.reason}"
    if found.quantity == 0:
        return "none needed"
    sign = "+" if found.quantity > 0 else words.MINUS
    left = f", {KINK}" if found.after is not None and found.after.is_kink else ""
    return f"{sign}{abs(found.quantity):,.6g} {found.underlying}{left}"


def csv(name: str, found: Sequence[Measure], slopes: Sequence[SolvencyDelta]) -> bytes:
    """Both tables as one file."""
    head = ("rulebook", "measure", "value", "unit", "reason", "definition", "limits")
    lines: list[list[str | float | None]] = [
        [name, one.title, one.value, one.unit, one.reason, one.definition, one.limits] for one in found]
    unit = "dollars per +1 %"
    lines += [[name, f"Solvency delta {one.underlying}, {side}", 0.01 * value, unit, "", SLOPE[1], "local"]
              for one in slopes for side, value in (("falling", one.below), ("rising", one.above))]
    return csv_files.write(head, lines)
