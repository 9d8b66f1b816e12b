"""Tables of the accuracy page, as HTML: venues, disputed cases, and the cases of each venue behind its name."""

from __future__ import annotations

import re
from html import escape

from pages.ui import accuracy_words as words
from pages.ui import markup
from pages.ui.accuracy_data import Accuracy, Case, Figure, Venue
from risk_core.margin.models import MODES


def venues(found: Accuracy) -> str:
    """One row for each venue; its name leads to its cases."""
    head = _head("Venue or model", "Cases matched", "Figures", "Largest error, of its tolerance", "Sources")
    return markup.table("Venue cases by venue: matched, and the largest error against its tolerance",
                        f"{head}<tbody>{''.join(map(_venue, found.venues))}</tbody>", "ac-venues")


def _venue(one: Venue) -> str:
    missed = len(one.cases) - one.matched
    mark = f' <span class="chip watch">{missed} missed</span>' if missed else ""
    left = f'<span class="sub wide">{one.missing} not computed</span>' if one.missing else ""
    figures = sum(len(case.figures) for case in one.cases)
    return (f'<tr><th scope="row"><a href="#{_anchor(one.name)}" target="_self">{escape(one.name)}</a></th>'
            f"<td>{words.count(one)}{mark}</td><td>{figures}{left}</td><td>{words.share(one.largest)}</td>"
            f'<td class="ac-kinds">{escape(words.kinds(one))}</td></tr>')


def disputed(found: Accuracy) -> str:
    """Both figures of each case in dispute, and why they differ."""
    head = _head("Case", "Figure", "Source prints", "We compute", "Why they differ")
    return markup.table("Disputed cases: what the source prints, what we compute, and why they differ",
                        head + "".join(map(_disputed, found.disputed)), "ac-figures ac-disputed")


def _disputed(one: Case) -> str:
    """The rows of a case; its name and the reason stand beside all of them."""
    span, rows = f'rowspan="{len(one.figures)}"', []
    for each in one.figures:
        first = each is one.figures[0]
        name = f'<th scope="rowgroup" {span}>{_about(one)}</th>' if first else ""
        why = f'<td class="ac-why" {span}>{escape(one.why)}</td>' if first else ""
        both = "".join(f'<td class="n">{escape(one)}</td>' for one in (words.printed(each.printed), words.ours(each)))
        rows.append(f"<tr>{name}<td>{escape(words.figure(each.name, each.of))}</td>{both}{why}</tr>")
    return f"<tbody>{''.join(rows)}</tbody>"


def _about(one: Case) -> str:
    compared = f'<span class="sub wide">{escape(words.formula(one.formula))}</span>'
    return f"<b>{escape(one.venue)}</b>{compared}{_source(one)}"


def cases(found: Accuracy) -> str:
    """A part for each venue that opens by its name."""
    return "".join(_details(one) for one in found.venues)


def _details(one: Venue) -> str:
    missed = "" if one.matched == len(one.cases) else ' <span class="chip watch">missed</span>'
    about = f"Cases of {one.name}: each printed figure beside ours, the error and its tolerance"
    table = markup.table(about, _head("Figure", "Source prints", "We compute", "Error, of tolerance")
                         + "".join(map(_case, one.cases)), "ac-figures")
    counted = f'<span class="muted">{words.count(one)}</span>{missed}'
    return (f"<details><summary><b>{escape(one.name)}</b> {counted}</summary>"
            f'<div id="{_anchor(one.name)}">{table}</div></details>')


def _case(one: Case) -> str:
    name = "" if one.mode not in MODES else f"{markup.mode(one.mode)} "
    inputs = f"Inferred, no source states it: {escape(', '.join(one.inferred))}."
    inferred = f'<span class="sub wide">{inputs}</span>' if one.inferred else ""
    ran = f'<span class="sub wide">{escape(words.ran(one))}</span>'
    head = (f'<tr class="group"><th scope="rowgroup" colspan="4">{name}<b>{escape(words.formula(one.formula))}</b> '
            f"<code>{escape(one.id)}</code>{_source(one)}{ran}{inferred}</th></tr>")
    return f"<tbody>{head}{''.join(map(_figure, one.figures))}</tbody>"


def _figure(one: Figure) -> str:
    missed = "" if one.matched else ' <span class="chip watch">missed</span>'
    return (f'<tr><th scope="row">{escape(words.figure(one.name, one.of))}{missed}</th>'
            f'<td class="n">{escape(words.printed(one.printed))}</td><td class="n">{escape(words.ours(one))}</td>'
            f'<td class="n">{words.error(one)}<span class="sub wide">of {words.tolerance(one)}</span></td></tr>')


def _source(one: Case) -> str:
    """Where a case is from; the address is a link where its host is known."""
    told = escape(one.source)
    if one.link is not None:
        address = escape(one.link)
        told = told.replace(address, f'<a href="{address}" target="_blank" rel="noopener noreferrer">{address}</a>')
    return f'<span class="sub wide">{escape(words.KINDS.get(one.kind, one.kind).capitalize())}: {told}</span>'


def _head(*names: str) -> str:
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return f"<thead><tr>{cells}</tr></thead>"


def _anchor(name: str) -> str:
    return "cases-" + re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
