"""The rulebook as a what-if: this book under a shipped rulebook, on every page, and back to its own at once."""

import pytest

import app
from db.samples import SAMPLES, sample_id
from pages.ui import controls, words
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load

HEDGED = sorted(SAMPLES.glob("*.margin.json"))[0]
COLLAR = next(SAMPLES.glob("03-*.margin.json"))


def html(at):
    return "".join(one.proto.body for one in at.get("html"))


def under(at, name):
    at.selectbox(key=controls.RULES).set_value(name).run()
    assert not at.exception
    return at


def test_the_figures_are_those_of_the_rulebook_and_the_missing_mode_says_why(open_app):
    at = under(open_app(account=sample_id(HEDGED)), "okx-style")
    found = compare(read(HEDGED.read_text("utf-8")), load.load("okx-style"))
    shown = html(at)
    assert words.money(found.modes["cross"].head.maintenance_margin, "up") in shown
    assert f"not available: {found.unavailable['portfolio']}" in shown
    assert "ms-strip whatif" in shown and load.load("okx-style").title in shown


def test_reset_all_goes_back_to_the_accounts_own(open_app):
    at = under(open_app(account=sample_id(HEDGED)), "okx-style")
    at.button(key="reset.all").click().run()
    assert at.selectbox(key=controls.RULES).value == controls.OWN
    assert "ms-strip whatif" not in html(at)


def test_a_link_carries_it(open_app):
    at = open_app(account=sample_id(HEDGED), rulebook="binance-style")
    assert at.selectbox(key=controls.RULES).value == "binance-style"
    assert load.load("binance-style").title in html(at)


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
def test_every_page_stands_under_another_rulebook(open_app, page):
    at = open_app(page.file if page is not app.PAGES[0] else None, account=sample_id(HEDGED), rulebook="kraken-style")
    assert not at.exception and not at.error


def test_a_rulebook_without_options_refuses_a_book_of_options_in_one_sentence(open_app):
    at = under(open_app(account=sample_id(COLLAR)), "htx-style")
    assert len(at.error) == 1 and "defines no margin mode for this account" in at.error[0].value
