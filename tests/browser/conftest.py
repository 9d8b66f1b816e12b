"""A real server on a free port with a store of its own, and a real Chromium that complains when the page does."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


def chromium():
    """CHROMIUM, else the first of the usual names; None when there is none."""
    names = (os.environ.get("CHROMIUM"), "chromium", "google-chrome", "chromium-browser")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def app_url(tmp_path_factory):
    """Address of a server started the way `make run` starts it."""
    if chromium() is None:
        pytest.skip("browser journeys skipped: no Chromium found (set CHROMIUM, or install chromium or google-chrome)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("browser")
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "serve.py"], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'app.db'}", "PORT": str(port)})
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(address, server, folder / "server.log")
        yield address
    finally:
        server.terminate()
        server.wait(20)


def wait_until_up(address, server, log, patience=60.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail("the server stopped:\n" + log.read_text())
        try:
            with urllib.request.urlopen(address + "/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server did not come up:\n" + log.read_text())


@pytest.fixture(scope="session")
def chromium_browser(app_url):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


def is_complaint(message):
    """An error, other than streamlit looking for its own address below the path of a page."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


def is_here(url):
    """Nothing that a page asks for leaves this machine."""
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:", "chrome-error:"))


UNREACHED = re.compile("reaching server|not responding|WebSocket|ERR_CONNECTION", re.IGNORECASE)
"""Complaints of a page whose server does not answer."""


@pytest.fixture
def new_page(chromium_browser):
    """Open pages: `new_page(width, height, scheme)`; the test fails when one of them logs an error. away: the server is
    taken away in between, of which the page may complain.

    The content policy forbids what `wait_for_function` does in the page, so it holds only with `policy="kept"`.
    """
    contexts, complaints = [], []

    def open_one(width=1440, height=900, scheme="light", policy="dropped", away=False):
        context = chromium_browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme,
                                               locale="en-GB", accept_downloads=True, bypass_csp=policy != "kept")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: complaints.append(message.text)
                if is_complaint(message) and not (away and UNREACHED.search(message.text)) else None)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("request", lambda request: None if is_here(request.url) else complaints.append(f"asked {request.url}"))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def page(new_page):
    """One page at desktop size."""
    return new_page()
