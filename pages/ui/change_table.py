"""Differences as a table: what, and the two sides of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pages.ui import markup
from pages.ui.differences import Change

SHOWN = 60


def table(changes: Sequence[Change], before: str, after: str, unchanged: str) -> str:
    """HTML of the differences under the titles of the two sides. unchanged: what is said where there are none."""
    if not changes:
        return markup.html(f'<p class="muted">{unchanged}.</p>', name="ms-changes")
    rows = "".join(_row(change, first=i == 0 or changes[i - 1].place != change.place)
                   for i, change in enumerate(changes[:SHOWN]))
    more = len(changes) - SHOWN
    rest = f'<tr><td colspan="3" class="muted">and {more:,} more</td></tr>' if more > 0 else ""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in ("What", before, after))
    body = f"<thead><tr>{head}</tr></thead><tbody>{rows}{rest}</tbody>"
    return markup.html(markup.table(f"What differs: {before} and {after}", body), name="ms-changes")


def _row(change: Change, *, first: bool) -> str:
    title = f'<tr class="place"><th scope="rowgroup" colspan="3">{escape(change.place)}</th></tr>' if first else ""
    item = f"<b>{escape(change.item)}</b> " if change.item else ""
    label = change.label.lower() if change.item else change.label
    return (f'{title}<tr><th scope="row">{item}{escape(label)}</th><td class="was">{escape(change.before)}</td>'
            f'<td class="new">{escape(change.after)}</td></tr>')
