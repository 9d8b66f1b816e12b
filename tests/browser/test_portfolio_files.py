"""Files, versions and two people on the portfolio page."""

import csv
import io
import re

import pytest

from tests.browser.menus import closed, opened, settled
from tests.browser.test_portfolio_journey import portfolio, ready, save_as, take, type_into

pytestmark = pytest.mark.browser


def give(page, kind, path):
    """Choose a file in the import menu."""
    opened(page, "Import", page.get_by_role("radio", name=kind)).click()
    page.get_by_role("button", name="Template with the columns").wait_for()
    settled(page)
    page.locator("input[type=file][accept*=csv]").set_input_files(path)


def overtaken(new_page, app_url, name):
    """Two pages with one saved account open; the first has saved an edit as version 2, which the second does not know."""
    first, second = new_page(), new_page()
    portfolio(first, app_url)
    save_as(first, name)
    second.goto(first.url)
    ready(second)
    type_into(first, 1, 600, "6.5")
    first.get_by_role("button", name="Save", exact=True).click()
    first.get_by_text("Version 2", exact=True).wait_for()
    return first, second


def test_a_broken_csv_is_refused_row_by_row_and_a_sound_one_is_one_edit(page, app_url, tmp_path):
    portfolio(page, app_url)
    before = take(page, "Account file")
    rows = list(csv.reader(io.StringIO(take(page, "Positions, CSV").decode("utf-8-sig"))))
    quantity = rows[0].index("quantity")
    (tmp_path / "good.csv").write_text("\n".join(",".join(row) for row in [rows[0], [row + "-2" if i == 0 else row
                                       for i, row in enumerate(rows[1])]]), encoding="utf-8")
    rows[1][quantity], rows[2][0] = "1_000", ""
    rows[2][quantity] = "0x10"
    (tmp_path / "bad.csv").write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    give(page, "Positions, CSV", tmp_path / "bad.csv")
    page.get_by_text("Row 2, quantity: “1_000” must be a plain number").wait_for()
    page.get_by_text("Row 3, quantity: “0x10”").wait_for()
    assert page.get_by_role("button", name="Import it").count() == 0
    closed(page)
    assert take(page, "Account file") == before
    give(page, "Positions, CSV", tmp_path / "good.csv")
    page.get_by_text(re.compile("Adds 1 leg to the")).wait_for()
    settled(page)
    page.get_by_role("button", name="Import it").click()
    page.get_by_text("Unsaved changes").wait_for()
    ready(page)
    assert take(page, "Account file") != before
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Unsaved changes").wait_for(state="detached")
    assert take(page, "Account file") == before
    assert take(page, "Workbook, XLSX").startswith(b"PK")


def test_two_people_one_account_nothing_is_lost(new_page, app_url):
    _, second = overtaken(new_page, app_url, "Shared book")
    type_into(second, 1, 600, "7.5")
    second.get_by_role("button", name="Save", exact=True).click()
    second.get_by_text("Not saved, nothing is lost.").wait_for()
    second.get_by_text(re.compile(r"saved by somebody who gave no name, as version 2 at \d{4}-")).wait_for()
    row = second.locator(".ms-changes tbody tr").nth(1)
    assert "6.5" in row.inner_text() and "7.5" in row.inner_text()
    settled(second)
    second.get_by_role("button", name="Reload theirs").click()
    second.get_by_text("Version 2", exact=True).wait_for()
    settled(second)
    second.get_by_role("button", name="Take them back").click()
    second.get_by_text("Unsaved changes").wait_for()
    settled(second)
    second.get_by_role("button", name="Save", exact=True).click()
    settled(second)
    second.get_by_role("button", name="Overwrite theirs").click()
    second.get_by_text("Version 3", exact=True).wait_for()
    ready(second)
    second.get_by_role("radio", name="History").click()
    second.get_by_text("First saved").wait_for()
    second.get_by_role("radio", name="Version 2").click(force=True)
    second.locator(".ms-changes").get_by_text("6.5").wait_for()
    settled(second)
    second.get_by_role("button", name="Restore this version").click()
    second.locator(".ms-title").get_by_text("Version 4").wait_for()
