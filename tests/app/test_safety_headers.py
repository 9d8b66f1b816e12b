"""Security headers on every route, each once; the content policy knows the installed front page; foreign pages stay out."""

import base64
import hashlib
import os
import re
from collections import Counter
from pathlib import Path

import pytest
import streamlit

from tests.live_server import running

ROUTES = ["/", "/compare", "/portfolio?account=x", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics",
          "/app/static/plotly.min.js", "/app/static/nothing.js", "/media/nothing.csv", "/static/nothing.js", "/nowhere.txt",
          "/..%2f..%2fetc/passwd", "/favicon.png", "/_stcore/stream"]
ALWAYS = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "no-referrer",
          "permissions-policy": "camera=(), microphone=(), geolocation=()", "cross-origin-opener-policy": "same-origin"}
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
           "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("headers")) as started:
        yield started


def policy(headers):
    return {name: values for name, *values in (part.split() for part in dict(headers)["content-security-policy"].split(";"))}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("path", ROUTES)
def test_every_answer_has_every_header_once(server, path, method):
    status, headers = server.ask(path, method)
    assert status < 500
    assert {name: value for name, value in headers if name in ALWAYS} == ALWAYS
    found = policy(headers)
    assert found["default-src"] == found["connect-src"] == found["base-uri"] == found["form-action"] == ["'self'"]
    assert found["object-src"] == found["frame-ancestors"] == ["'none'"]
    assert "'unsafe-eval'" not in found["script-src"] and "'unsafe-inline'" not in found["script-src"]
    assert not [host for values in found.values() for host in values if "://" in host or "*" in host]
    assert max(Counter(name for name, _ in headers).values()) == 1


def test_the_policy_allows_exactly_the_inline_script_of_the_installed_front_page(server):
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inline]
    assert len(hashes) == 1
    assert policy(server.ask("/")[1])["script-src"] == ["'self'", "blob:", *hashes]


@pytest.mark.parametrize(("path", "charted"), [("/", True), ("/liquidation", True), ("/glossary", False)])
def test_a_page_with_charts_names_their_library_and_others_do_not_load_it(server, path, charted):
    link = dict(server.ask(path)[1]).get("link", "")
    assert ("rel=preload" in link) is charted
    if charted:
        status, headers = server.ask("/" + link[link.index("<") + 1:link.index(">")])
        assert status == 200 and "javascript" in dict(headers)["content-type"]


@pytest.mark.parametrize(("path", "stored"), [("/", False), ("/portfolio", False), ("/media/nothing.csv", False),
                                              ("/app/static/plotly.min.js", True)])
def test_pages_and_exports_are_not_kept_by_the_browser(server, path, stored):
    assert (dict(server.ask(path)[1]).get("cache-control") != "no-store") is stored


def test_https_once_used_stays_and_plain_http_is_not_told_so(server):
    assert "strict-transport-security" not in dict(server.ask("/")[1])
    behind_proxy = dict(server.ask("/", X_Forwarded_Proto="https")[1])
    assert behind_proxy["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example:8501"])
def test_a_foreign_page_cannot_open_the_socket_and_nothing_is_asked_of_the_internet(server, origin):
    notes = Path(os.environ["OUTBOUND_NOTES"])
    before = notes.read_text() if notes.exists() else ""
    status, _ = server.ask("/_stcore/stream", **UPGRADE, Origin=origin)
    assert status == 403
    assert (notes.read_text() if notes.exists() else "") == before
    assert "external IP" not in server.log


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:80"])
def test_a_name_that_was_bent_to_this_machine_cannot_open_the_socket(server, host):
    assert server.ask("/_stcore/stream", **UPGRADE, Origin=f"http://{host}", Host=host)[0] == 403


def test_the_own_page_can_open_the_socket(server):
    status, _ = server.ask("/_stcore/stream", **UPGRADE, Origin=server.address)
    assert status == 101
