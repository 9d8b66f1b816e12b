"""Undo and redo of this session's edits: a bounded stack of documents, newest last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

Document = Mapping[str, Any]

LIMIT = 50


@dataclass(frozen=True)
class History:
    """Documents before and after the present one. opened: the document as it was opened or last saved."""

    opened: Document
    past: tuple[Document, ...] = ()
    future: tuple[Document, ...] = ()

    def edited(self, before: Document) -> History:
        """One more edit was made; what had been undone is gone."""
        return replace(self, past=(*self.past, before)[-LIMIT:], future=())

    def undone(self, present: Document) -> tuple[History, Document]:
        """The history after undo, and the document to go back to."""
        return replace(self, past=self.past[:-1], future=(*self.future, present)), self.past[-1]

    def redone(self, present: Document) -> tuple[History, Document]:
        """The history after redo, and the document to go forward to."""
        return replace(self, past=(*self.past, present), future=self.future[:-1]), self.future[-1]
