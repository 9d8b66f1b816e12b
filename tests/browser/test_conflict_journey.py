"""Two tabs save one account: the second is told who and when and what differs, and keeps his edit as a copy."""

import re

import pytest

from tests.browser.test_portfolio_files import overtaken
from tests.browser.test_portfolio_journey import name_and_save, ready, take, type_into

pytestmark = pytest.mark.browser


def test_the_second_to_save_keeps_his_edit_as_a_copy(new_page, app_url):
    first, second = overtaken(new_page, app_url, "Desk book")
    theirs = take(first, "Account file")
    type_into(second, 1, 600, "7.5")
    second.get_by_role("button", name="Save", exact=True).click()
    told = second.locator(".st-key-conflict")
    told.get_by_text(re.compile(r"“Desk book” was saved by somebody else as version 2 at \d{4}-\d\d-\d\d")).wait_for()
    name_and_save(second, told.get_by_role("button", name="Save mine as a copy"), "Desk book, mine")
    second.get_by_role("heading", name="Desk book, mine").wait_for()
    ready(second)
    told.wait_for(state="detached")
    mine = take(second, "Account file")
    assert b'"quantity": 7.5' in mine and b'"quantity": 6.5' in theirs
    first.reload()
    ready(first)
    assert take(first, "Account file") == theirs
