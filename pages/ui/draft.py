"""One account being worked on, and the text under which its unsaved state is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from risk_core.digest import digest
from risk_core.errors import MarginscopeError
from risk_core.portfolio.account_file import read_document

_KEPT = ("document", "account_id", "version", "saved_digest", "is_sample", "label")


@dataclass(frozen=True)
class Draft:
    """The account being worked on. document: the account file as edited, always valid; never changed in place.

    account_id, version: what it was opened from, None for an account never saved. saved_digest: content hash of the
    stored document, None when never saved. label: how the account is called on screen. key: under which the unsaved
    state is kept in the store, empty when nothing is unsaved.
    """

    document: Mapping[str, Any]
    account_id: str | None = None
    version: int | None = None
    saved_digest: str | None = None
    is_sample: bool = False
    label: str = "Untitled"
    key: str = ""

    @cached_property
    def digest(self) -> str:
        """Content hash of the document, `sha256:…`."""
        return digest(self.document)

    @property
    def is_changed(self) -> bool:
        """True when it differs from what is stored, or was never stored."""
        return self.saved_digest != self.digest


def written(draft: Draft) -> str:
    """The draft as text. `read(written(draft), key)` is the draft."""
    return json.dumps({name: getattr(draft, name) for name in _KEPT}, ensure_ascii=True)


def read(text: str, key: str) -> Draft | None:
    """The draft in `text`; None where it is not one that this release understands."""
    try:
        kept = json.loads(text)
        draft = Draft(key=key, **{name: kept[name] for name in _KEPT})
        read_document(draft.document)
    except (ValueError, KeyError, TypeError, MarginscopeError):
        return None
    return draft
