"""Two tabs save one account: the second is told who and when and what differs, and keeps his edit as a copy."""

import re

import pytest

from tests.browser.test_portfolio_files import overtaken
from tests.browser.test_portfolio_journey import name_and_save, portfolio, ready, save_as, take, type_into
from tests.conftest import nightly

pytestmark = pytest.mark.browser


@nightly("two people with one account are met at each stop")
def test_the_second_to_save_keeps_his_edit_as_a_copy(new_page, app_url):
    first, second = overtaken(new_page, app_url, "Desk book")
    theirs = take(first, "Account file")
    type_into(second, 1, 600, "7.5")
    second.get_by_role("button", name="Save", exact=True).click()
    told = second.locator(".st-key-conflict")
    told.get_by_text(re.compile(r"“Desk book” was saved by somebody who gave no name, as version 2 at \d{4}-\d\d-\d\d")).wait_for()
    name_and_save(second, told.get_by_role("button", name="Save mine as a copy"), "Desk book, mine")
    second.get_by_role("heading", name="Desk book, mine").wait_for()
    ready(second)
    told.wait_for(state="detached")
    mine = take(second, "Account file")
    assert b'"quantity": 7.5' in mine and b'"quantity": 6.5' in theirs
    first.reload()
    ready(first)
    assert take(first, "Account file") == theirs


@nightly("two people with one account are met at each stop")
def test_ones_own_other_tab_is_told_as_such_and_a_name_as_given(page, app_url):
    """The browser gives both tabs one cookie; another visitor's versions carry the name he gave."""
    portfolio(page, app_url)
    save_as(page, "Two tabs")
    other = page.context.new_page()
    other.goto(page.url)
    ready(other)
    page.get_by_role("button", name="Your name").click()
    page.get_by_role("textbox", name="Your name").fill("Ann")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Your name").wait_for(state="hidden")
    type_into(page, 1, 600, "6.5")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Version 2", exact=True).wait_for()
    type_into(other, 1, 600, "7.5")
    other.get_by_role("button", name="Save", exact=True).click()
    told = other.locator(".st-key-conflict")
    told.get_by_text("“Two tabs” was saved by you, in another tab, as version 2 at").wait_for()
    other.get_by_role("button", name="Overwrite theirs").click()
    other.get_by_text("Version 3", exact=True).wait_for()
    other.get_by_role("radio", name="History").click()
    other.get_by_role("radio", name=re.compile("Version 3.*· Ann")).wait_for(state="attached")
    assert [other.get_by_role("radio", name=re.compile(f"Version {n}.*· {who}")).count()
            for n, who in ((2, "Ann"), (1, "you"))] == [1, 1]
