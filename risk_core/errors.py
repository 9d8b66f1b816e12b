"""The one root of every error the core raises on purpose. Made from facts; the sentence is written here."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class MarginscopeError(Exception):
    """Something asked for cannot be done; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why an input is refused: where (`positions[2].strike`), what stood there, which rule it breaks."""

    path: str
    value: Any
    rule: str

    def __str__(self) -> str:
        value = "" if self.value is ABSENT else f"{shown(self.value)}: "
        return one_line(f"{self.path}: {value}{self.rule}")


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()
"""Stands for the value of a key that is not there."""


class Refused(MarginscopeError):
    """An input breaks rules; every problem is listed, each once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class Unsettled(MarginscopeError):
    """A search for liquidation levels did not settle within its limit of work, so no level is given."""


def shown(value: Any, limit: int = 60) -> str:
    """The value as it stood in the file, cut to `limit` characters."""
    text = one_line(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(text: str) -> str:
    """The text with what would end its line or steer a terminal written as JSON writes it, by its code."""
    if text.isprintable():
        return text
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in _UNSEEN else c for c in text)


_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories of control characters, halves of surrogate pairs, and separators of lines and paragraphs."""
