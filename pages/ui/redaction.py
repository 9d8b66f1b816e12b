"""The log without secrets: passwords of addresses, tokens, cookies and the like are cut out of whatever is written."""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any

from db import place

CUT = "…"
_USER = re.compile(r"([a-z][\w+.-]*://)[^\s'\"]*@", re.IGNORECASE)
_LINE = re.compile(r"\b((?:set-)?cookie|(?:proxy-)?authorization)(['\"]?\s*[:=]\s*)[^\r\n]+", re.IGNORECASE)
_NAMED = re.compile(
    r"([\w.-]*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|xsrf|session[_-]?id)[\w-]*)(['\"]?\s*[:=]\s*)"
    r"('[^']*'|\"[^\"]*\"|[^\s,;&)\]}'\"]+)", re.IGNORECASE)


def redacted(text: str) -> str:
    """The text with what opens a door cut out, above all the password of DATABASE_URL, wherever it stands."""
    for password in place.passwords():
        text = text.replace(password, CUT)
    text = _USER.sub(rf"\1{CUT}@", text)
    return _NAMED.sub(rf"\1\2{CUT}", _LINE.sub(rf"\1\2{CUT}", text))


def trace_of(fault: BaseException) -> str:
    """The trace of a fault without secrets, indented, so that no line of it passes for an entry of its own."""
    return "  " + redacted("".join(traceback.format_exception(fault)).rstrip()).replace("\n", "\n  ")


def install() -> None:
    """From now on every log record that carries a trace, whoever writes it, carries it without secrets. Once."""
    make = logging.getLogRecordFactory()
    if getattr(make, "redacts", False):
        return

    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made = make(*args, **kwargs)
        if made.exc_info and made.exc_info[1] is not None:
            made.msg, made.args = redacted(made.getMessage()), ()
            made.exc_text, made.exc_info = trace_of(made.exc_info[1]), None
        return made

    record.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(record)
