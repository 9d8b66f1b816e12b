"""The scenarios behind one rulebook's figure: the risk matrix, what lies beside and between its rows, or the tail."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from pages.ui import controls, csv_files, downloads, jumping, linked, markup, methods_figures, words
from pages.ui.chart import chart
from pages.ui.methods_data import Seen
from pages.ui.methods_matrix import Matrix, matrix, volatility_factor, worst_first
from pages.ui.plans import VOLATILITY, Plan
from risk_core.margin.methods.demand import Scenarios
from risk_core.margin.methods.scenarios.grid_error import GridError
from risk_core.margin.rulebook_table import Asked

COIN = "methods.coin"


def section(seen: Seen, one: Asked, errors: Sequence[GridError]) -> None:
    """Of the rulebook opened; a sentence where its method looks at no scenarios."""
    if not one.scenarios:
        st.caption("This method looks at no scenarios: there is no risk matrix.")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown("**What each scenario makes of the book**, USD")
        downloads.of_chart("Scenarios as CSV", lambda: csv(one), seen.draft, f"scenarios-{one.rulebook.name}")
    table = _chosen(held(one))
    told = matrix(table)
    if told is None:
        _tail(table)
    else:
        _matrix(seen, told)
        for error in errors:
            if error.name == table.underlying:
                st.caption(words.escape(grid_sentence(error)))


def held(one: Asked) -> Sequence[Scenarios]:
    """The tables of what is held; methods may give one for every coin of the market."""
    ins, at = one.holding.account.instruments, one.holding.account.book.instrument
    names = {one.holding.account.underlyings[u] for u in ins.underlying[at]}
    return [table for table in one.scenarios if table.underlying in names] or one.scenarios


def _chosen(tables: Sequence[Scenarios]) -> Scenarios:
    """The only table, or that of the coin chosen."""
    names = [table.underlying for table in tables]
    if len(tables) == 1:
        return tables[0]
    name = linked.choice("Scenarios of", names, names[0], COIN,
                         format_func=lambda one: words.escape(one or "All coins together"))
    return tables[names.index(name)]


def _matrix(seen: Seen, told: Matrix) -> None:
    def clicked(x: float, y: float) -> None:
        _jump(seen, told, round(x), round(y))

    height = 92 + 52 * len(told.states)
    worst = told.worst
    if not told.beside:
        _heat(told, height, clicked)
    else:
        left, right = st.columns([7, 4], gap="medium")
        with left:
            _heat(told, height, clicked)
        with right:
            st.html(_rows(told.scenarios, sorted(told.beside, key=lambda row: told.scenarios.profit[row]),
                          "Rows beside the grid"))
    st.button("Set the what-if to the worst scenario", icon=":material/my_location:", key="methods.go", type="tertiary",
              on_click=_jump, args=(seen, told, *(worst[::-1] if worst else (-1, -1))), disabled=worst is None,
              help="A click on a cell does the same for that cell. The controls take it exactly, as far as they go.")
    st.caption(words.escape(matrix_sentence(told)) + " Click a cell to set the what\\-if there; every volatility then "
               "moves by what the cell does to the options held, in the mean.")


def _heat(told: Matrix, height: int, clicked: Callable[[float, float], None]) -> None:
    of = told.scenarios.underlying or "all coins"
    alt = f"Risk matrix of {of}, price moves by volatility. {matrix_sentence(told)}"
    chart(methods_figures.heatmap(told, told.scenarios.underlying), "risk-matrix", alt, height, clicked)


def _jump(seen: Seen, told: Matrix, x: int, y: int) -> None:
    """Callback: the what-if controls to the scenario of a cell, from where the what-if stands now."""
    if not (0 <= x < len(told.moves) and 0 <= y < len(told.states)) or told.row[y, x] < 0:
        return
    now, names = seen.controls.what_if, controls.held_underlyings(seen.account)
    moved = (told.scenarios.underlying,) if told.scenarios.underlying else names
    here = now.factor(moved[0]) if len(moved) == 1 else now.price, now.volatility
    place = here[0] * (1.0 + float(told.moves[x])), here[1] * volatility_factor(told, y, x)
    jumping.to_place(Plan(VOLATILITY, moved, ((here[0], here[0]), (here[1], here[1])), here), place)


def matrix_sentence(told: Matrix) -> str:
    """Which scenario sets the figure."""
    table = told.scenarios
    if not table.setting or table.profit[table.setting[0]] >= 0:
        return f"No scenario of {table.underlying or 'all coins'} loses anything."
    row = table.setting[0]
    outlined = "outlined" if told.worst else "beside the grid"
    return (f"Worst, {outlined}: {table.underlying or 'all coins'} {table.words[row]}, "
            f"{words.money(float(table.profit[row]), plus=True)} USD.")


def grid_sentence(error: GridError) -> str:
    """What a finer grid finds."""
    if error.missed < 0.005:
        return (f"Between its rows {error.name} loses no more than on them: prices in steps 40 times as fine find the "
                "same worst loss.")
    return (f"Between its rows {error.name} can lose more than on them: prices in steps 40 times as fine find "
            f"{words.money(error.finer, 'up')} USD at {error.row}, {words.money(error.missed, 'up')} more than the "
            "rulebook looks at.")


def _tail(table: Scenarios) -> None:
    """Joint moves: the worst ten, and which of them set the figure."""
    rows = worst_first(table)
    st.html(_rows(table, rows, f"The worst {len(rows)} of {len(table.words)} moves"))
    count, profits = len(table.setting), [float(table.profit[row]) for row in table.setting]
    if count > 1:
        mean = math.fsum(profits) / count
        st.caption(f"The figure is set by {count} moves; their mean is {words.money(mean, plus=True)} USD.")


def _rows(table: Scenarios, rows: Sequence[int], title: str) -> str:
    setting = set(table.setting)
    body = "".join(
        f'<tr><th scope="row">{escape(table.words[row])}{_mark(row in setting)}</th>'
        f'<td class="{_colour(profit)}">{words.money(profit, plus=True)}</td></tr>'
        for row in rows for profit in (float(table.profit[row]),))
    head = f'<thead><tr><th scope="col">{escape(title)}</th><th scope="col">Profit, USD</th></tr></thead>'
    return markup.html(markup.table(title, f"{head}<tbody>{body}</tbody>", "legs two"))


def _colour(profit: float) -> str:
    return "loss" if profit < 0 else "gain" if profit > 0 else "muted"


def _mark(sets: bool) -> str:
    return ' <span class="chip watch">sets the figure</span>' if sets else ""


def csv(one: Asked) -> bytes:
    """Every scenario as a file."""
    head = ("rulebook", "underlying", "scenario", "price_move_percent", "volatility", "profit_usd", "sets_the_figure")
    return csv_files.write(head, (
        [one.rulebook.name, table.underlying or "all", table.words[k],
         None if math.isnan(table.move[k]) else float(table.move[k]) * 100.0, table.volatility[k],
         float(table.profit[k]), "yes" if k in table.setting else "no"]
        for table in one.scenarios for k in range(len(table.words))))
