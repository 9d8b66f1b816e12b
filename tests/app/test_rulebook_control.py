"""The rulebook as a what-if: this book under a shipped rulebook, on every page, and back to its own at once."""

from urllib.parse import parse_qs

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


@pytest.fixture
def house_rules(store):
    """A rulebook of one's own in the store, with two values changed; the account's own rulebook is its base."""
    changes = {"collateral": {"haircuts": {"USDT": 0.5}}, "fees": {"closing_rate": 0.002}}
    kept = store.own_rulebooks.save("House rules", "generic", changes)
    yield kept
    store.own_rulebooks.delete(kept.id)


def test_a_rulebook_of_ones_own_is_offered_shown_and_travels_in_the_link(open_app, house_rules):
    at = under(open_app(account=sample_id(HEDGED)), f"own {house_rules.id}")
    rules = {"base": "generic", "override": dict(house_rules.override)}
    found = compare(read(HEDGED.read_text("utf-8")), load.resolve(rules))
    assert words.money(found.modes["cross"].head.maintenance_margin, "up") in html(at)
    assert "House rules" in html(at) and "ms-strip whatif" in html(at)
    at.session_state["link.menu"] = True
    query = parse_qs(at.run().code[0].value.partition("?")[2])
    assert query["rulebook"] == ["Yours: House rules"]
    other = open_app(account=sample_id(HEDGED), rulebook=query["rulebook"][0])
    assert other.selectbox(key=controls.RULES).value == f"own {house_rules.id}" and strip_of(other) == strip_of(at)


def strip_of(at):
    return next(one.proto.body for one in at.get("html") if 'aria-label="The account at a glance"' in one.proto.body)


def test_figures_pinned_under_a_rulebook_of_ones_own_are_the_same_after_a_refresh(open_app, house_rules):
    at = under(open_app(account=sample_id(HEDGED)), f"own {house_rules.id}")
    at.button(key="pin").click().run()
    under(at, "okx-style")
    key = at.query_params["pin"]
    fresh = open_app(account=sample_id(HEDGED), rulebook="okx-style", pin=key[0] if isinstance(key, list) else key)
    assert strip_of(fresh) == strip_of(at) and "against pin" in strip_of(at)


def test_a_rulebook_deleted_meanwhile_gives_way_to_the_accounts_own(open_app, store):
    kept = store.own_rulebooks.save("For a while", "generic", {"fees": {"closing_rate": 0.002}})
    at = under(open_app(account=sample_id(HEDGED)), f"own {kept.id}")
    store.own_rulebooks.delete(kept.id)
    at.run()
    assert not at.exception and at.selectbox(key=controls.RULES).value == controls.OWN
    assert "ms-strip whatif" not in html(at)


@pytest.mark.parametrize("asked", ["Yours: Nobody's", "no-such-rulebook", "<script>", "x" * 5000])
def test_a_rulebook_of_the_link_that_is_not_here_is_told(open_app, asked):
    at = open_app(account=sample_id(HEDGED), rulebook=asked)
    assert not at.exception and at.selectbox(key=controls.RULES).value == controls.OWN
    assert any("is not here" in one.value for one in at.toast)


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
def test_every_page_stands_under_a_rulebook_of_ones_own(open_app, page, house_rules):
    at = open_app(page.file if page is not app.PAGES[0] else None, account=sample_id(HEDGED),
                  rulebook="Yours: House rules")
    assert not at.exception and not at.error and "House rules" in strip_of(at)
