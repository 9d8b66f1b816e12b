"""A real Chromium whose pages stamp what is pressed, sent and painted."""

from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Error, sync_playwright  # noqa: F401 - Error: what a page that is not up raises

from tests.browser.conftest import FLAGS, chromium

STAMPS = Path(__file__).with_name("stamps.js").read_text("utf-8")
QUIET, PATIENCE = 400, 15_000
"""Milliseconds: how long nothing may change before a move counts as shown, and until one counts as lost."""


@contextmanager
def browser():
    """A started Chromium. Raises RuntimeError where none is installed."""
    found = chromium()
    if found is None:
        raise RuntimeError("no Chromium found: set CHROMIUM, or install chromium or google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def page(of):
    """A fresh page at desktop size, nothing cached."""
    context = of.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", bypass_csp=True)
    context.add_init_script(STAMPS)
    try:
        opened = context.new_page()
        opened.set_default_timeout(60_000)
        yield opened
    finally:
        context.close()


def ready(opened, charts=1):
    """Wait until at least so many charts and all there are have been drawn and the server is done."""
    opened.wait_for_function("""least => {
      const charts = [...document.querySelectorAll('.chart')];
      return charts.length >= least && charts.every(chart => chart.dataset.drawn);
    }""", arg=charts)
    opened.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    opened.wait_for_timeout(QUIET)


class Meter:
    """Processor time of the page's main thread, seconds."""

    def __init__(self, opened):
        self.session = opened.context.new_cdp_session(opened)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    @property
    def cpu(self):
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def press(opened, key, kind):
    """Press a key. Milliseconds until it was sent, until the first and the last thing of a kind was painted.

    kind: "charts" or "figures". Raises RuntimeError when nothing changes.
    """
    opened.keyboard.press(key)
    return moved(opened, key, kind)


def moved(opened, key, kind):
    """The same for a key that was pressed just now."""
    seen = opened.evaluate(f"window.__moved('{kind}', {QUIET}, {PATIENCE})")
    if seen is None:
        raise RuntimeError(f"{key}: nothing changed for {PATIENCE / 1e3:g} s")
    return seen
