"""Script in data: twenty payloads in every text field, on every page, with the content policy in force.

Nothing runs, the policy has nothing to stop, nothing is asked of another host. All payloads lie in a few accounts: one
whose legs, coins and collateral bear them, and one small account and rulebook a payload for names and notes.
"""

import csv
import io
import json
from urllib.parse import quote

import pytest
from tests.browser.conftest import chromium

import app
from db.store import open_store
from pages.ui.rulebook_page import OWN, SIDES
from risk_core.portfolio.account_file import read
from tests.browser.menus import BODY, closed, opened, settled
from tests.conftest import NIGHTLY
from tests.live_server import running

pytestmark = pytest.mark.browser

RUN = "window.__x=1"
PAYLOADS = [
    f"<script>{RUN}</script>", f"<img src=x onerror={RUN}>", f"<svg onload={RUN}>", f"\"><svg/onload={RUN}>",
    f"'><img src=x onerror='{RUN}'>", f"</style><script>{RUN}</script>", f"</title></textarea><img src=x onerror={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>", f"<a href='javascript:{RUN}'>x</a>", f"[x](javascript:{RUN})",
    "![x](https://evil.example/p.png)", "[x](https://evil.example/)<https://evil.example/>", f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>", f"<math><mtext><style><img src=x onerror={RUN}></style>", f"javascript:{RUN}",
    "<link rel=stylesheet href=//evil.example/s.css>", "<b style='background:url(//evil.example/b.png)'>x</b>",
    f"{{{{constructor.constructor('{RUN}')()}}}}", f"$\\href{{javascript:{RUN}}}{{x}}$ :material/{RUN}: :red[x]",
]
WATCH = """window.__stopped = [];
document.addEventListener('securitypolicyviolation', event => event.blockedURI === 'wasm-eval' || window.__stopped.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""
"""Put into every page before its own scripts: notes what the policy stops. Streamlit's own number code tries WebAssembly
once at its start and does without; no data is in that.
"""
FOUND = """() => ({ran: window.__x === undefined ? [] : [window.__x], stopped: window.__stopped,
    marks: [...document.querySelectorAll('*')].flatMap(one => [...one.attributes]).filter(
        one => one.name.startsWith('on') || /^\\s*javascript:/i.test(one.value)).map(one => `${one.name}=${one.value}`),
    foreign: [...document.querySelectorAll('script, iframe, object, embed, base')].filter(
        one => !one.src?.startsWith(location.origin) && !/prerenderReady/.test(one.textContent)).map(one => one.outerHTML)})"""
"""What a payload would leave in the document."""


def book(name, positions=(), coins=("BTC",), collateral=(("USD", 1e6),)):
    return read(json.dumps({
        "format": "marginscope-account/1", "name": name, "as_of": "2026-11-20T08:00:00Z",
        "market": {"underlyings": {coin: {"price": 90000.0, "volatility": 0.6} for coin in coins}},
        "collateral": [{"asset": asset, "amount": amount} for asset, amount in collateral], "positions": list(positions)}))


def leg(name, coin="BTC", **more):
    return {"id": name, "kind": "perpetual", "underlying": coin, "settlement": "linear", "quantity": 0.1,
            "entry_price": 91000.0, "leverage": 10, "mode": "cross", **more}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A server whose store is full of payloads, and the ids of the accounts to open."""
    if chromium() is None:
        pytest.skip("browser journeys skipped: no Chromium found")
    folder = tmp_path_factory.mktemp("payloads")
    store = open_store(f"sqlite:///{folder / 'app.db'}")
    legs = store.save_new(book(PAYLOADS[0], [leg(word) for word in PAYLOADS]), "legs", PAYLOADS[1])
    every = store.save_new(book(PAYLOADS[1], [leg(word, word) for word in PAYLOADS],
                                PAYLOADS, [("USD", 1e6), *((word, 1.0) for word in PAYLOADS)]), "every", PAYLOADS[2])
    for number, word in enumerate(PAYLOADS):
        store.save_new(book(word, [leg("perp")]), f"named {number}", description=word)
        store.own_rulebooks.save(word, "generic", {})
    gone = store.save_new(book(f"Gone {PAYLOADS[3]}", [leg("perp")]), "gone")
    store.delete(gone.id, gone.version)
    store.save(legs.id, book(PAYLOADS[4], [leg(f"{word} 2") for word in PAYLOADS]), legs.version, "renamed")
    store.close()
    with running(folder) as server:
        yield server, legs.id, every.id


class Visit:
    """One browser page that notes requests and complaints, and is looked through after each step."""

    def __init__(self, page, address):
        self.page, self.address, self.requests, self.errors = page, address, [], []
        page.add_init_script(WATCH)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.errors.append(message.text) if "Content Security" in message.text else None)

    def open(self, path):
        self.page.goto(f"{self.address}{path}")
        self.settle()

    def settle(self):
        self.page.locator(".ms-strip, [data-testid=stAlert]").first.wait_for(timeout=60_000)
        settled(self.page)
        self.look()

    def look(self):
        assert self.page.evaluate(FOUND) == {"ran": [], "stopped": [], "marks": [], "foreign": []}
        assert self.errors == []
        assert [url for url in self.requests if not url.startswith((self.address, "data:", "blob:"))] == []
        assert self.page.locator("a[href*='evil.example']").count() == 0


@pytest.fixture
def visit(new_page, hostile):
    return Visit(new_page(policy="kept"), hostile[0].address)


@pytest.fixture
def bitten(profiles, hostile):
    """As `visit`, on a page that is meant to complain."""
    page = profiles("kept", 0).new_page()
    yield Visit(page, hostile[0].address)
    page.close()


def test_the_watch_bites(bitten):
    """The same page with the payloads let in as markup: they are found, and the policy stops them."""
    visit = bitten
    visit.open("/")
    visit.page.evaluate("words => document.body.insertAdjacentHTML('beforeend', words.join(''))", PAYLOADS[:18])
    visit.page.wait_for_timeout(500)
    found = visit.page.evaluate(FOUND)
    assert len(found["marks"]) >= 5 and len(found["stopped"]) >= 5 and not found["ran"]
    assert found["foreign"]


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
def test_no_page_runs_what_stands_in_the_data(visit, hostile, page):
    for account in hostile[1:] if NIGHTLY else hostile[2:]:
        visit.open(f"/{page.address}?account={account}")
        assert "incident" not in visit.page.locator("body").inner_text()
        assert page.file in {"glossary.py", "accuracy.py"} or RUN in visit.page.locator("body").inner_text()  # it is there, as text


@pytest.mark.parametrize("page", app.PAGES if NIGHTLY else app.PAGES[:1], ids=lambda page: page.file)
def test_no_page_runs_what_stands_in_its_link(visit, page):
    word = quote(" ".join(PAYLOADS[:3]))
    visit.open(f"/{page.address}?account={word}&along={word}&price.{word}=-5&draft={word}&version={word}")


def test_no_part_of_the_rulebooks_runs_what_stands_in_the_data(visit, hostile):
    visit.open(f"/rulebooks?account={hostile[1]}")
    for tab in (OWN, SIDES):
        visit.page.get_by_test_id("stMain").get_by_role("radio", name=tab).click()
        visit.settle()
        assert tab != OWN or PAYLOADS[0] in visit.page.locator("body").inner_text()


def test_no_menu_of_the_portfolio_runs_what_stands_in_the_data(visit, hostile, tmp_path):
    page = visit.page
    visit.open(f"/portfolio?account={hostile[1]}")
    for tab in ("Collateral", "Market", "History", "Positions"):
        page.get_by_test_id("stMain").get_by_role("radio", name=tab).click()
        visit.settle()
    for menu in ("Open", "Rename", "Delete", "Save as", "From a template", "Export", "Copy link"):
        shown = opened(page, menu)
        visit.look()
        if menu == "Open":
            accounts = page.get_by_test_id(BODY).get_by_role("combobox", name="Account", exact=True)
            opened(page, accounts, page.get_by_role("option").first)
            visit.look()
            page.keyboard.press("Escape")
        assert shown.is_visible()
        closed(page)
    visit.open(f"/portfolio?account={hostile[1]}")
    for kind, files in (("Positions, CSV", spoilt_tables(tmp_path)), ("Account file", spoilt_files(tmp_path))):
        opened(page, "Import", page.get_by_role("radio", name=kind)).click()
        visit.settle()
        for file in files:
            page.locator("input[type=file]").last.set_input_files(file)
            visit.settle()


def spoilt_tables(folder):
    """Two CSV files: payloads as names, which are fine, and as everything else, which is told cell by cell."""
    columns = ["id", "kind", "underlying", "settlement", "quantity", "entry_price"]
    for name, rows in (("fine", [[word + " 3", "perpetual", "BTC", "linear", "1", "90000"] for word in PAYLOADS]),
                       ("spoilt", [[word] * len(columns) for word in PAYLOADS])):
        text = io.StringIO()
        csv.writer(text).writerows([columns, *rows])
        (folder / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8")
        yield folder / f"{name}.csv"


def spoilt_files(folder):
    """Two account files: one that bears payloads and is sound, one whose every value is a payload."""
    sound = book(PAYLOADS[5], [leg(word) for word in PAYLOADS]).document
    spoilt = {**sound, "rules": {PAYLOADS[6]: PAYLOADS[7]}, "collateral": [{word: word} for word in PAYLOADS],
              "positions": [{**leg(word), "kind": word, "mode": word, word: word} for word in PAYLOADS]}
    for name, content in (("sound", sound), ("spoilt", spoilt)):
        path = folder / f"<img src=x onerror={RUN}> {name}.margin.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        yield path
