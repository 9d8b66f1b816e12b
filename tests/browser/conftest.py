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

PATIENCE_MS = 30_000
"""How long a step may take: the first page of a cold server, beside other tests, takes a good part of it."""


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
def playwright(app_url):
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def profiles(playwright, tmp_path_factory):
    """Browsers by policy and number, each with a profile on disk: its cache stays from test to test, so that what the
    app's scripts take to compile is paid once. The content policy forbids what `wait_for_function` does in the page
    unless it is dropped.
    """
    started = {}

    def profile(policy, number):
        if (policy, number) not in started:
            started[policy, number] = playwright.chromium.launch_persistent_context(
                tmp_path_factory.mktemp("profile"), executable_path=chromium(), args=FLAGS, locale="en-GB",
                accept_downloads=True, bypass_csp=policy != "kept", reduced_motion="reduce",
                viewport={"width": 1440, "height": 900})
            started[policy, number].set_default_timeout(PATIENCE_MS)
        return started[policy, number]

    yield profile
    for context in started.values():
        context.close()


def forget(context, address):
    """Close the pages of a profile, and drop what they left in it except its cache."""
    blank, *others = context.pages
    context.new_cdp_session(blank).send("Storage.clearDataForOrigin", {
        "origin": address, "storageTypes": "cookies,local_storage,indexeddb,cache_storage"})
    for one in others:
        one.close()


def is_complaint(message):
    """An error, other than streamlit looking for its own address below the path of a page."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


def is_here(url):
    """Nothing that a page asks for leaves this machine."""
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:", "chrome-error:"))


UNREACHED = re.compile("reaching server|not responding|WebSocket|ERR_CONNECTION", re.IGNORECASE)
"""Complaints of a page whose server does not answer."""


@pytest.fixture
def new_page(profiles, app_url):
    """Open pages: `new_page(width, height, scheme)`, each as a person who was never here; the test fails when one of
    them logs an error. away: the server is taken away in between, of which the page may complain.
    """
    contexts, complaints = [], []

    def open_one(width=1440, height=900, scheme="light", policy="dropped", away=False):
        context = profiles(policy, len(contexts))
        contexts.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.on("console", lambda message: complaints.append(message.text)
                if is_complaint(message) and not (away and UNREACHED.search(message.text)) else None)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("request", lambda request: None if is_here(request.url) else complaints.append(f"asked {request.url}"))
        return page

    yield open_one
    for context in contexts:
        forget(context, app_url)
    assert not complaints


@pytest.fixture
def page(new_page):
    """One page at desktop size."""
    return new_page()
