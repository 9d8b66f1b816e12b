"""Every page on every sample, and what the controls of the first page do."""

import re
from html import unescape
from pathlib import Path

import pytest

import app
from db.samples import SAMPLES, sample_id, slug
from pages.ui import glossary
from pages.ui.controls import price_key
from tests.app.test_glossary import HELPED, bodies
from tests.conftest import NIGHTLY

FILES = sorted(SAMPLES.glob("*.margin.json"))
KNOWN = {one.anchor for one in glossary.terms()}


def table(at):
    return next(one.proto.body for one in at.get("html") if '<table class="compare"' in one.proto.body)


def texts(at):
    return re.sub(r"<[^>]+>|\u00a0", " ", " ".join(one.proto.body for one in at.get("html")))


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_every_page_shows_every_sample_and_what_it_explains_leads_to_a_term(open_app, page, file):
    at = open_app(page.file if page is not app.PAGES[0] else None, account=sample_id(file))
    assert not at.exception
    assert not at.error
    shown = bodies(at)
    found = HELPED.findall(shown)
    assert len(found) == shown.count('class="help"')
    for label, tip in found:
        links = re.findall(r'href="([^"]+)" target="_blank">Glossary: ', tip)
        assert len(links) == 1, label
        assert re.search(r"[?&]term=([\w-]+)$", unescape(links[0]))[1] in KNOWN, label
        assert f"account={sample_id(file)}" in links[0]


def test_a_slider_changes_the_table_and_says_what_if(open_app):
    at = open_app(account=sample_id(FILES[1]))
    before = table(at)
    assert "What-if" not in texts(at)
    at.select_slider(key=price_key("BTC")).set_value(-10.0).run()
    assert not at.exception and not at.error
    assert table(at) != before
    assert "What-if" in texts(at) and "−10.0 %" in texts(at)


def test_each_control_has_a_way_back_to_now(open_app):
    at = open_app(account=sample_id(FILES[4]))
    now = table(at)
    for key, value in ((price_key("ETH"), 5.0), ("volatility", 20.0), ("days", 7.0)):
        at.select_slider(key=key).set_value(value).run()
        assert table(at) != now
        at.button(key=f"reset.{key}").click().run()
        assert table(at) == now


def test_picking_an_account_starts_from_now(open_app):
    at = open_app(account=sample_id(FILES[0]))
    at.select_slider(key=price_key("BTC")).set_value(-10.0).run()
    at.selectbox(key="picked_account").set_value(sample_id(FILES[1])).run()
    assert not at.exception
    assert at.select_slider(key=price_key("BTC")).value == 0.0
    assert at.query_params["account"] == sample_id(FILES[1])


@pytest.mark.parametrize("link", [
    {"account": "no-such-account"},
    {"days": "banana", "volatility": "∞"},
    {"price.BTC": "−1000 %", "price": "<script>"},
    {"along": "DOGE", "why": "everything"},
])
def test_a_bad_link_falls_back(open_app, link):
    at = open_app(**link)
    assert not at.exception and not at.error
    assert "What-if" not in texts(at)
    assert at.session_state["draft"].is_sample


def test_a_link_restores_the_what_if(open_app):
    at = open_app(**{"account": sample_id(FILES[4]), price_key("ETH"): "−10 %", "days": "7 d"})
    assert at.select_slider(key=price_key("ETH")).value == -10.0
    assert at.select_slider(key="days").value == 7.0


@pytest.mark.parametrize(("extreme", "file"), [
    (extreme, file) for i, extreme in enumerate((
        {"price.BTC": -90.0}, {"price.BTC": 300.0}, {"days": 365.0}, {"price.BTC": -90.0, "days": 365.0}))
    for j, file in enumerate(FILES) if NIGHTLY or (i + j) % 2], ids=lambda one: slug(one) if isinstance(one, Path) else None)
def test_the_ends_of_the_sliders_are_shown_too(open_app, file, extreme):
    at = open_app(account=sample_id(file))
    for key, value in extreme.items():
        if any(one.key == key for one in at.select_slider):
            at.select_slider(key=key).set_value(value).run()
    assert not at.exception and not at.error


def test_an_edited_account_is_put_aside_and_can_be_taken_back(open_app):
    from dataclasses import replace

    at = open_app(account=sample_id(FILES[0]))
    held = at.session_state["draft"]
    at.session_state["draft"] = replace(held, document={**held.document, "collateral": [{"asset": "USD", "amount": 5.0}]})
    at.run()
    at.selectbox(key="picked_account").set_value(sample_id(FILES[1])).run()
    at.button(key="take_back").click().run()
    assert not at.exception
    assert at.session_state["draft"].document["collateral"] == [{"asset": "USD", "amount": 5.0}]
    assert not any(one.key == "take_back" for one in at.button)


def test_an_account_without_legs_is_told(open_app):
    from dataclasses import replace

    at = open_app()
    held = at.session_state["draft"]
    at.session_state["draft"] = replace(held, document={**held.document, "positions": []})
    at.run()
    assert not at.exception
    assert "no enabled leg" in at.info[0].value


def test_names_are_shown_as_text(open_app):
    from dataclasses import replace

    at = open_app()
    held = at.session_state["draft"]
    legs = [{**leg, "id": f"<b onclick=x>{i}</b>"} for i, leg in enumerate(held.document["positions"])]
    at.session_state["draft"] = replace(held, document={**held.document, "positions": legs, "name": "**x** <i>"})
    at.run()
    assert not at.exception
    assert not any("<b onclick" in one.proto.body for one in at.get("html"))
