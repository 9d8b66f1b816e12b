"""What `make run` starts: the app behind gzip and security headers, warmed up while the first browser loads.

`PORT=8501 python serve.py`, or `streamlit run serve.py`
"""

from __future__ import annotations

import base64
import gc
import hashlib
import os
import re
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import net_util
from streamlit.runtime.pages_manager import PagesManager

import risk_core  # noqa: F401 - before anything loads numpy
from pages.ui import chart_library, incidents, redaction, starting
from risk_core.errors import MarginscopeError

HERE = Path(__file__).parent
YEAR_S = 31_536_000
CHARTED = ("/", "/liquidation")
"""Addresses that show a chart at once."""
QUIET_S = 3.0
"""Seconds after the start of which what the first page does without is left alone: it is the first visitor's time."""
SHORT_S = 0.0005
"""Longest turn of a thread during the warm-up, seconds."""
GZIP_LEVEL = 4
"""4 % larger than 9 for the chart library, in a third of the time, which the first visitor waits for."""


def _script_hash() -> str:
    """Hash of the one inline script in the installed front page, which the content policy has to allow."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in inline)


def _headers() -> dict[str, str]:
    policy = (
        f"default-src 'self'; script-src 'self' blob: {_script_hash()}; "
        "style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


class SecurityHeaders:
    """Puts the headers on every answer, each once. Exports and pages are never kept by browsers or caches between."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.headers = app, _headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({**self.headers, **_of_this(scope, headers)})
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def _of_this(scope: Scope, headers: MutableHeaders) -> dict[str, str]:
    """Headers that hang on the answer: what holds an account's figures is not stored; HTTPS, once used, stays; a page
    with charts names their library, which the browser then loads beside the page's own scripts.
    """
    more: dict[str, str] = {}
    if scope["path"] in CHARTED:
        more["Link"] = f"<app/static/{chart_library.LIBRARY}>; rel=preload; as=script"
    if scope["path"].startswith("/media/") or headers.get("content-type", "").startswith("text/html"):
        more["Cache-Control"] = "no-store"
    if scope["scheme"] == "https":
        more["Strict-Transport-Security"] = f"max-age={YEAR_S}; includeSubDomains"
    return more


def warm(over: threading.Event) -> None:
    """First what the first page needs, for which runs of the app wait, later everything else. over: stop now."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SHORT_S)  # imports leave the interpreter to whoever hands out the page's scripts
    try:
        from pages.ui import warm_up

        warm_up.first()
    finally:
        sys.setswitchinterval(usual)
        starting.end()
    if not over.wait(QUIET_S):
        warm_up.rest()
        gc.collect()
        gc.freeze()


@asynccontextmanager
async def _lifespan(_: object) -> AsyncIterator[None]:
    PagesManager.uses_pages_directory = False  # the page table of app.py holds from the first visit, not the second
    chart_library.put()
    over = threading.Event()
    starting.begin()
    warming = threading.Thread(target=warm, args=(over,), name="warm-up", daemon=True)
    warming.start()
    yield
    over.set()


redaction.install()
net_util._external_ip = net_util._internal_ip = "127.0.0.1"  # noqa: SLF001 - else a foreign page's visit asks the internet
app = st.App(
    HERE / "app.py",
    lifespan=_lifespan,
    on_script_error=incidents.tell,
    middleware=[Middleware(SecurityHeaders), Middleware(GZipMiddleware, minimum_size=1000, compresslevel=GZIP_LEVEL)],
)


def port() -> int:
    """PORT of the environment, else 8501. Ends with one sentence when it is no port."""
    text = os.environ.get("PORT") or "8501"
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        sys.exit(f"PORT: {text}: must be a whole number from 1 to 65535")
    return int(text)


def settings() -> None:
    """Ends with one sentence when the environment asks for an engine there is not, before a port is opened."""
    if "MARGINSCOPE_ENGINE" not in os.environ:
        return  # without numpy, for which the first visitor would wait
    from risk_core.valuation import kernels

    try:
        kernels.engine()
    except MarginscopeError as refused:
        sys.exit(str(refused))


def hosts() -> list[str]:
    """Names under which a browser may open the socket: this machine's own, and those of ALLOWED_HOSTS, by commas."""
    own = ["localhost", "127.0.0.1"]
    return own + [name.strip() for name in os.environ.get("ALLOWED_HOSTS", "").split(",") if name.strip()]


if __name__ == "__main__":
    settings()
    app.run(config={"server.port": port(), "server.allowedHosts": hosts()})
