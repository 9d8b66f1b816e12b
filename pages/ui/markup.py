"""Pieces of HTML: cards, tables and badges. Every text passes `escape`; numbers come formatted from `words`."""

from __future__ import annotations

from html import escape

from pages.ui import alerts, glossary, style, words
from risk_core.margin.compare import ModeResult
from risk_core.margin.models import MODES


def html(body: str, tag: str = "div", name: str = "") -> str:
    """A block in the app's style sheet."""
    return f'<{tag} class="ms {name}">{body}</{tag}>'


def mode(name: str) -> str:
    """A mode's title with its marker, in its colour."""
    sign = f'<i aria-hidden="true">{style.MODES[name].sign}</i>'
    return f'<span class="mode {name}">{sign}{escape(MODES[name].title)}</span>'


def helped(label: str, text: str) -> str:
    """A label that explains itself when pointed at, tapped or reached by keyboard, and leads to the glossary."""
    return _helped(escape(label), label, text)


def mode_helped(name: str) -> str:
    """A mode's title that explains itself."""
    return _helped(mode(name), MODES[name].title, MODES[name].meaning)


def _helped(shown: str, label: str, text: str) -> str:
    found = glossary.term(label)
    more = "" if found is None else f" {link(found)}"
    tip = f'<span class="tip" role="tooltip">{escape(text)}{more}</span>'
    return f'<span class="help"><span tabindex="0">{shown}</span>{tip}</span>'


def link(found: glossary.Term) -> str:
    """The link to a term."""
    return f'<a href="{escape(glossary.link(found))}" target="_blank">Glossary: {escape(found.name)}</a>'


def table(about: str, body: str, kind: str = "") -> str:
    """A table. about: what it shows, for readers who cannot see where it stands; kind: a class of the style sheet."""
    return f'<table class="{kind}"><caption class="sr">{escape(about)}</caption>{body}</table>'


def badge(text: str, kind: str, full: str = "") -> str:
    """A small marker; kind: a class of the style sheet; full: the long text behind it."""
    return f'<span class="ms-badge {kind}" title="{escape(full)}">{escape(text)}</span>'


def bar(used: float | None, before: float | None = None, *, moved: bool = False) -> str:
    """Maintenance used as a linear bar, full at 100 %; a tick stands where it was before the what-if."""
    tick = f'<u style="left:calc({_width(before):.1f}% - 1px)"></u>' if moved else ""
    fill = f'<b style="width:{_width(used):.1f}%"></b>'
    return f'<div class="ms-bar {style.danger(used)}">{fill}{tick}</div>'


def chip(used: float | None) -> str:
    """Maintenance used in words, coloured from the danger scale."""
    band = style.danger(used)
    said = "" if used is None or band == style.CALM else f" {band}"
    return f'<span class="chip {band}">{escape(words.used(used) + said)}</span>'


def distance(relative: float, shown: str) -> str:
    """A distance, `shown`, in the colour of how near it is; text, escaped here."""
    near = alerts.present().nearness(relative)
    kind = style.NEARNESS[near]
    text = escape(shown)
    return f'<span class="chip {kind}" title="{near}">{text}</span>' if kind else f"<span>{text}</span>"


def call_badge(mode: ModeResult, said: str = "Margin call") -> str:
    """A badge where the worst pool or leg of a mode is below its margin call and not liquidated yet; empty else."""
    worst, level = mode.worst_bucket.figures, alerts.present().call
    if worst.room(level / 100.0) >= -worst.zero or worst.buffer < -worst.zero:
        return ""
    return badge(said, "call", f"Maintenance used is above {level:g} %, the margin call of your alert levels.")


def _width(used: float | None) -> float:
    return 100.0 if used is None else 100.0 * min(max(used, 0.0), 1.0)
