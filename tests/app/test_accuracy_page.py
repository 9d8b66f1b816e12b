"""The accuracy page: its facts are those of the cases now, everything is told, disputed cases give what was recomputed."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from pages.ui import accuracy_data, accuracy_page, accuracy_tables, accuracy_told, accuracy_words, csv_files
from risk_core.margin.models import MODES
from risk_core.rulebooks import load
from tests.golden import accuracy_markdown, report
from tests.golden.__main__ import main
from tests.golden.matching import allowed, answer, flat, misses

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED, METHODS, DISPUTED = (json.loads(file.read_text("utf-8"))
                                for file in (report.PUBLISHED, report.METHODS, report.DISPUTED))
CASES = PUBLISHED + METHODS
SHOWN = accuracy_data.accuracy()
STALE = "out of date: run `python -m tests.golden --report docs/accuracy.md`"
FORMULA_ONLY = {"bit-pm-coin-20200724"}
"""Disputed cases of a system that no rulebook says."""


@pytest.fixture(scope="module")
def facts():
    return report.facts(CASES, DISPUTED)


@pytest.fixture
def page(open_app):
    at = open_app("accuracy.py")
    assert not at.exception and not at.error
    return at


def bodies(at):
    return "".join(one.proto.body for one in at.get("html"))


def texts(html):
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_what_the_page_shows_is_up_to_date(facts):
    shown = json.loads(report.SHOWN.read_text("utf-8"))
    assert report.same({**shown, "date": None}, {**facts, "date": None}), f"pages/data/accuracy.json is {STALE}"


def test_the_document_is_up_to_date():
    made = accuracy_markdown.page(SHOWN, load.names())
    assert (ROOT / "docs/accuracy.md").read_text("utf-8") == made, f"docs/accuracy.md is {STALE}"


def test_a_match_is_told_where_and_only_where_there_is_one(facts):
    assert [one["matched"] for one in facts["cases"]] == [misses(case) == [] for case in CASES]


@pytest.mark.parametrize("case", DISPUTED, ids=lambda case: case["id"])
def test_a_disputed_case_gives_what_was_recomputed_and_not_what_is_printed(case):
    if case["id"] in FORMULA_ONLY:
        with pytest.raises(NotImplementedError):
            answer(case)
        return
    found = flat(answer(case))
    for key, value in flat(case["recomputed"]).items():
        assert found.get(key) is None or abs(found[key] - value) <= allowed(case, key, value), key
    assert misses(case)


def test_nearly_every_disputed_figure_is_computed():
    figures = [each for one in SHOWN.disputed for each in one.figures]
    computed = [each for each in figures if isinstance(each.ours, float)]
    assert all(one.figures and one.why.endswith(".") for one in SHOWN.disputed)
    assert len(SHOWN.disputed) == len(DISPUTED) and len(figures) - len(computed) == 1 + len(FORMULA_ONLY)


def test_a_wrong_figure_makes_the_report_another():
    whole = {"date": None, **report.facts(CASES[:3], [])}
    wrong = json.loads(json.dumps(whole))
    wrong["cases"][0]["figures"][0]["ours"] += 1e-3
    assert report.same(whole, json.loads(json.dumps(whole))) and not report.same(whole, wrong)


def test_the_report_keeps_its_date_while_no_figure_changes(tmp_path):
    page, shown = tmp_path / "page.md", tmp_path / "shown.json"
    report.write(CASES[:4], page, shown)
    shown.write_text(re.sub(r'"date": "[^"]+"', '"date": "2001-02-03"', shown.read_text()))
    report.write(CASES[:4], page, shown)
    assert accuracy_data.read(shown).date == "2001-02-03" and "2001-02-03" in page.read_text()
    report.write(CASES[:3], page, shown)
    assert accuracy_data.read(shown).date > "2001-02-03"
    assert len(accuracy_data.read(shown).cases) == 3


def test_the_command_refuses_what_is_no_file(capsys):
    assert main(["no-such-file.json"]) == 2 and main([]) == 2
    assert "no-such-file.json: is not a file" in capsys.readouterr().err


def test_every_case_figure_and_source_is_on_the_page(page):
    said = texts(bodies(page))
    for one in (*SHOWN.cases, *SHOWN.disputed):
        assert one.source in said and one.venue in said
        for each in one.figures:
            assert accuracy_words.printed(each.printed) in said and accuracy_words.ours(each) in said
    for one in SHOWN.cases:
        assert one.id in said and accuracy_words.formula(one.formula) in said
        assert all(name in said for name in one.inferred)
    for one in SHOWN.disputed:
        assert one.why in said
    assert accuracy_told.headline(SHOWN) in said and SHOWN.date in said


def test_every_venue_stands_with_its_count_and_leads_to_its_cases(page):
    html = bodies(page)
    assert sum(len(one.cases) for one in SHOWN.venues) == len(CASES)
    for one in SHOWN.venues:
        row = texts(re.search(rf'<tr><th scope="row"><a href="#[\w-]+"[^>]*>{re.escape(one.name)}</a>.*?</tr>', html)[0])
        assert accuracy_words.count(one) in row and accuracy_words.share(one.largest) in row
    targets = re.findall(r'<tr><th scope="row"><a href="#([\w-]+)"', html)
    assert len(set(targets)) == len(SHOWN.venues) and all(f'id="{target}"' in html for target in targets)


def test_what_no_case_covers_is_told(page):
    said = texts(bodies(page))
    for line in accuracy_told.uncovered(SHOWN, load.names()):
        assert line in said
    assert "generic" in accuracy_told.uncovered(SHOWN, load.names())[0]
    asked = ["binance-style", "binance-coin-style", "bybit-classic-style", "dydx-style", "zebra-style"]
    assert SHOWN.uncovered(asked) == ["binance-coin-style", "zebra-style"]
    assert {one.rulebook for one in SHOWN.cases} - {None} <= set(load.names())
    none = replace(SHOWN, cases=())
    assert SHOWN.untold(MODES) == [mode for mode in MODES if mode not in {one.mode for one in SHOWN.cases}]
    assert none.untold(MODES) == list(MODES)


def test_a_missed_case_is_marked_and_a_figure_that_is_not_computed_is_no_number():
    first = SHOWN.cases[0]
    bad = replace(first.figures[0], ours=None, error=None, allowed=None, matched=False)
    found = replace(SHOWN, cases=(replace(first, matched=False, figures=(bad,)), *SHOWN.cases[1:]))
    name = first.venue
    assert next(one for one in found.venues if one.name == name).missing == 1
    assert "1 missed" in accuracy_tables.venues(found) and "missed" in accuracy_tables.cases(found)
    assert "missed" not in accuracy_tables.venues(replace(found, cases=found.cases[1:]))
    assert name in accuracy_told.uncovered(found, load.names())[-1]
    assert accuracy_words.ours(bad) == accuracy_words.error(bad) == accuracy_words.share(bad.share) == "—"


def test_only_known_hosts_become_links(page):
    links = re.findall(r'<a href="(https?:[^"]+)"([^>]*)>', bodies(page))
    assert links and all("noopener" in more and "_blank" in more for _, more in links)
    assert report.link("https://github.com/a/b (read 2022)") == "https://github.com/a/b"
    assert report.link("https://www.bitmex.com/app/x") == "https://www.bitmex.com/app/x"
    for copy in ("https://bitmex.com.evil.example/x", "https://notbitmex.com/x", "javascript:alert(1)", "http://github.com/a"):
        assert report.link(copy) is None


def test_the_file_has_a_row_for_each_figure():
    rows = list(csv.DictReader(io.StringIO(accuracy_page._file().decode("utf-8-sig"))))
    figures = [(one, each) for one in (*SHOWN.cases, *SHOWN.disputed) for each in one.figures]
    assert len(rows) == len(figures) and tuple(rows[0]) == accuracy_page.COLUMNS
    for row, (one, each) in zip(rows, figures, strict=True):
        assert row["case"] == one.id and row["matched"] == ("true" if each.matched else "false")
        if isinstance(each.ours, float):
            assert float(row["we_compute"]) == each.ours and float(row["source_prints"]) == each.printed
    assert accuracy_page._file().startswith(csv_files.BOM.encode())


@pytest.mark.parametrize("value", [4.5708468e-10, -56354.57, 0.0, 1e21, 1.4e-05, 281402550.0, -0.0])
def test_printed_figures_keep_every_digit_and_are_never_scientific(value):
    told = accuracy_words.printed(value)
    assert "e" not in told.lower() and float(told.replace(",", "").replace("−", "-")) == value


def test_our_figure_is_as_near_as_its_digits():
    for one in (*SHOWN.cases, *SHOWN.disputed):
        for each in one.figures:
            if isinstance(each.ours, float) and isinstance(each.printed, float):
                told = float(accuracy_words.ours(each).replace(",", "").replace("−", "-"))
                assert math.isclose(told, each.ours, rel_tol=1e-9, abs_tol=(each.allowed or 1.0) / 10)


def test_every_formula_and_kind_of_source_has_words():
    stated = {one["formula"] for one in CASES if "formula" in one}
    assert stated <= set(accuracy_words.FORMULAS)
    assert {one.formula for one in SHOWN.cases} - stated == {one["system"] for one in CASES if "formula" not in one}
    assert {one.kind for one in (*SHOWN.cases, *SHOWN.disputed)} <= set(accuracy_words.KINDS)
