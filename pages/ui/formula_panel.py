"""The panel of one figure: its formula, the same with this account's numbers, its parts, and where each comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from pages.ui import formula_numbers, markup, rulebook_words
from pages.ui.formula_numbers import write
from risk_core.margin.formulas.formula import Formula
from risk_core.margin.formulas.nodes import Term

ROUNDING = "Numbers are shown rounded; the figure is worked out with every digit."
MOVED = "Prices, volatility, days and sizes are those of the what-if."
SYMBOLS = {
    "q": "size, + long", "|q|": "size", "E": "entry price", "s": "side, +1 long, −1 short", "r": "maintenance rate",
    "D": "deduction of the tier", "f": "closing fee rate", "S": "index price", "K": "strike", "F": "forward",
    "m": "mark in dollars", "x": "price move of the scenario", "Σ|δ|": "gross notional", "|Σδ|": "net notional",
}
"""What the letters of the formulas stand for."""
FROM = {"account": "account file", "worked out": "worked out"}


Link = Callable[[str], str]
"""The address of a parameter on the Rulebooks page, by its key."""


def body(one: Formula, figure: str, link: Link, *, moved: bool) -> str:
    """The whole panel as HTML."""
    badge = markup.badge("What-if", "whatif") if moved else ""
    parts = _formula(one, figure, badge), _lines(one), _terms(one.terms, link), _notes(one, moved=moved)
    return markup.html("".join(parts), name="formula")


def _formula(one: Formula, figure: str, badge: str) -> str:
    shown = formula_numbers.result(figure, one)
    head = f'<p class="result"><span class="muted">{escape(one.symbol)}</span> <b>{escape(shown)}</b> {badge}</p>'
    if one.of is None:
        return head
    end = "" if one.balance is not None else f" = {shown}"
    return (f'{head}<dl class="said"><dt>Formula</dt><dd>{escape(one.symbolic)}</dd>'
            f"<dt>With numbers</dt><dd>{escape(one.numeric(write) + end)}</dd></dl>")


def _lines(one: Formula) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(line.name)}</th><td data-head="Formula">{escape(line.symbolic)}</td>'
        f'<td data-head="With numbers">{escape(line.numeric)}</td>'
        f'<td data-head="Comes to"><b>{escape(write(line.result, line.unit))}</b></td></tr>'
        for line in one.lines(write))
    return _table("Parts", ("Part", "Formula", "With numbers", "Comes to"), rows)


def _terms(terms: Sequence[Term], link: Link) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(term.name)}{_whose(term)}</th>'
        f'<td data-head="Value">{escape(formula_numbers.with_unit(term.value, term.unit))}</td>'
        f'<td data-head="Where it comes from" class="from">{_origin(term, link)}</td></tr>'
        for term in terms)
    return _table("Numbers and their sources", ("Number", "Value", "Where it comes from"), rows)


def _whose(term: Term) -> str:
    """What the symbol stands for, and whose number it is."""
    said = ", ".join(filter(None, (SYMBOLS.get(term.name.removesuffix(" at P"), ""), term.whose)))
    return f'<span class="sub wide">{escape(said)}</span>' if said else ""


def _origin(term: Term, link: Link) -> str:
    origin = term.origin
    if origin.kind != "rulebook":
        where = f"<code>{escape(origin.where)}</code>" if origin.kind == "account" else escape(origin.where)
        return f'<span class="muted">{FROM[origin.kind]}</span> {where}'
    name = escape(rulebook_words.name(origin.where))
    return (f'<span class="muted">rulebook</span> <a href="{escape(link(origin.where))}" target="_blank">{name}</a> '
            f"<code>{escape(origin.where)}</code>"
            f'<span class="sub wide">{escape(origin.source)}, <time>{escape(origin.date)}</time></span>')


def _table(title: str, heads: Sequence[str], rows: str) -> str:
    if not rows:
        return ""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    table = markup.table(title, f"<thead><tr>{top}</tr></thead><tbody>{rows}</tbody>", f"of{len(heads)}")
    return f"<h3>{escape(title)}</h3>{table}"


def _notes(one: Formula, *, moved: bool) -> str:
    said = [*one.limits, *([MOVED] if moved else []), *([ROUNDING] if one.of is not None else [])]
    return "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in said) + "</ul>"

