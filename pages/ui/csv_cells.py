"""Single cells of a CSV file: text that no spreadsheet takes for a formula, and numbers in one strict form."""

from __future__ import annotations

import math
import re
from typing import Any

from pages.ui import expiries
from pages.ui.grids import Column

FORMULA = tuple("=+-@\t\r＝＋－＠")
"""First characters by which a spreadsheet may take text for a formula."""
MARK = "'"
"""Stands before such text in an exported file; taken off again on import."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,40}", re.ASCII)
_FLAGS = {"true": True, "false": False}


class BadCell(Exception):
    """What the cell holds breaks this rule."""


def guarded(text: str) -> str:
    """Text as it goes into a file."""
    return MARK + text if _needs_mark(text) else text


def bare(text: str) -> str:
    """Text as it was before `guarded`; any other text stays as it is."""
    return text[1:] if text.startswith(MARK) and _needs_mark(text[1:]) else text


def _needs_mark(text: str) -> bool:
    return text.startswith((MARK, *FORMULA)) or text.lstrip(" \u00a0\u3000\n\"'").startswith(FORMULA)


def written(value: Any) -> str:
    """A value of the account file as a cell: numbers digit for digit, absent as blank, text guarded."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else guarded(str(value))


def read(column: Column, cell: str) -> Any:
    """A cell as the account file writes it; None for blank. Raises BadCell."""
    if not cell.strip():
        return None
    if column.sort == "number":
        return _number(cell.strip(" "))
    if column.sort == "flag":
        return _flag(cell.strip().lower())
    return expiries.read(bare(cell)) if column.sort == "time" else bare(cell)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise BadCell("must be a plain number such as -1250.5: a point for decimals, no thousands separators")
    value = int(text) if _WHOLE.fullmatch(text) else float(text)
    if not math.isfinite(value):
        raise BadCell("is too large to be computed with")
    return value


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise BadCell("must be true or false")
    return _FLAGS[text]
