"""The rows of a table that may be long: a browser takes seconds for thousands, so all but the first are counted."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

MOST = 200
"""Rows a table shows."""
FILE, EXPORT = "the CSV file has all", "Export on the Portfolio page has all"


def body(rows: Iterable[str], count: int, columns: int, where: str) -> str:
    """The first `MOST` of `count` rows, and how many are left out. columns: of the table; where: what has them all."""
    shown = "".join(islice(rows, MOST))
    if count <= MOST:
        return shown
    return f'{shown}<tr><td class="beyond" colspan="{columns}">{count - MOST:,} more: {where}</td></tr>'
