"""The glossary: whole, searchable, and reachable from every label that explains itself."""

import re
from html import unescape

import pytest

import app
from db.samples import SAMPLES, sample_id, slug
from pages.ui import glossary, grid_view, grids, rulebook_words
from risk_core.margin.models import MODES
from risk_core.rulebooks import load

FILES = sorted(SAMPLES.glob("*.margin.json"))
PAGE = "glossary.py"
HELPED = re.compile(r'<span class="help"><span tabindex="0">(.*?)</span><span class="tip" role="tooltip">(.*?)</span></span>')


def bodies(at):
    return "".join(one.proto.body for one in at.get("html"))


def test_every_term_is_whole_and_has_an_anchor_of_its_own():
    anchors = [one.anchor for one in glossary.terms()]
    assert len(anchors) == len(set(anchors)) and all(anchors)
    for one in glossary.terms():
        assert one.meaning.endswith(".") and all(said for _, said in one.facts), one.name
        assert not re.search(r"\*\*|^-", one.meaning), one.name


def test_no_line_of_the_file_is_lost():
    text = glossary.FILE.read_text("utf-8")
    assert len(glossary.terms()) == len(re.findall(r"^- \*\*", text, re.MULTILINE))
    listed = sum(len(one.facts) + bool(one.labels) for one in glossary.terms())
    assert listed == len(re.findall(r"^  - ", text, re.MULTILINE))
    assert len(glossary.signs()) == len(re.findall(r"^\|", text, re.MULTILINE)) - 2


def test_every_term_says_unit_formula_and_limits_or_that_there_is_none():
    for one in glossary.terms():
        assert [what for what, _ in one.facts] == list(glossary.FACTS), one.name
        assert all(said.endswith(".") for _, said in one.facts), one.name


def test_amounts_say_their_unit():
    for name in ("equity", "margin call", "initial margin", "maintenance margin", "buffer", "available", "maintenance used", "pledge",
                 "capital freed", "bankruptcy price", "distance", "delta", "gamma", "vega", "theta", "funding"):
        assert not dict(glossary.term(name).facts)["Unit"].startswith("none"), name


def test_every_mode_is_a_term():
    assert all(glossary.term(mode.title) for mode in MODES.values())


def test_every_control_leads_to_a_term(open_app):
    at = open_app(account=sample_id(FILES[4]))
    known = {one.anchor for one in glossary.terms()}
    boxes = [one for one in at.number_input if one.key.startswith("box.")]
    assert len(boxes) == len(at.select_slider)
    for one in boxes:
        assert re.search(r"\[Glossary: .+\]\(glossary\?.*term=([\w-]+)\)$", one.help)[1] in known, one.key


WIDGETS = ("selectbox", "text_input", "number_input", "radio", "toggle", "checkbox", "multiselect", "text_area", "button_group")
NO_WORD = {
    "Account": "names of accounts, no word of the field",
    "Edit": "names the grids, each of which explains its columns",
    "Margin mode": "its label is not shown; the title of the mode below it leads there",
    "Part of the figure": "its label is not shown; names parts of the page",
    "Part of the page": "its label is not shown; names parts of the page",
    "Search parameters": "a search",
    "Search the glossary": "a search",
    "Show": "filters a list",
}
"""Labels of widgets that lead nowhere, with the reason. Sliders have none: the label is that of the box beside them."""


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
@pytest.mark.parametrize("file", [FILES[0], FILES[11], FILES[-1]], ids=slug)
def test_every_widget_leads_to_a_term(open_app, page, file):
    at = open_app(page.file if page is not app.PAGES[0] else None, account=sample_id(file))
    known = {one.anchor for one in glossary.terms()}
    for one in (one for kind in WIDGETS for one in at.get(kind)):
        label, told = one.proto.label, one.proto.help
        found = re.search(r"\[Glossary: .+\]\(glossary\?.*term=([\w-]+)\)", told)
        assert (found and found[1] in known) or label in NO_WORD, (page.file, label)


@pytest.mark.parametrize("grid", grids.GRIDS.values(), ids=lambda grid: grid.name)
def test_every_column_of_a_grid_leads_to_a_term(grid):
    """The link does not name the account: a grid whose help changes would forget what was typed into it."""
    for column in grid.columns:
        assert re.search(r"\(glossary\?term=[\w-]+\)$", grid_view._help(column)), column.label


@pytest.mark.parametrize("name", load.names())
def test_every_parameter_of_a_rulebook_leads_to_a_term(name):
    known = {one.anchor for one in glossary.terms()}
    assert {rulebook_words.term(key).anchor for key in load.load(name).parameters} <= known


def test_the_page_shows_every_term_and_its_anchor(open_app):
    at = open_app(PAGE)
    assert not at.exception
    for one in glossary.terms():
        assert f'id="{one.anchor}"' in bodies(at)


def test_the_term_that_the_address_names_stands_first(open_app):
    at = open_app(PAGE, term="bankruptcy-price")
    assert not at.exception
    shown = bodies(at)
    assert shown.index('id="asked-bankruptcy-price"') < shown.index('id="equity"')


@pytest.mark.parametrize("term", ["", "no-such-term", "<script>alert(1)</script>", "x" * 5000])
def test_an_address_without_a_term_shows_all_of_them(open_app, term):
    at = open_app(PAGE, term=term)
    assert not at.exception and "gl-asked" not in bodies(at).partition("</style>")[2].replace(".gl-asked", "")
    assert "<script" not in bodies(at)


def test_the_search_narrows_and_says_how_far(open_app):
    at = open_app(PAGE)
    at.text_input(key="glossary.search").set_value("short option").run()
    found = [one for one in glossary.terms() if glossary.matches(one, "short option")]
    assert 0 < len(found) < len(glossary.terms())
    for one in glossary.terms():
        assert (f'id="{one.anchor}"' in bodies(at)) == (one in found)
    assert f"{len(found)} of {len(glossary.terms())} terms" in bodies(at)
    at.text_input(key="glossary.search").set_value("zebra").run()
    assert "No term matches" in at.info[0].value


def test_words_of_a_search_may_stand_apart():
    bankruptcy = glossary.term("bankruptcy price")
    assert glossary.matches(bankruptcy, "EQUITY beyond") and not glossary.matches(bankruptcy, "equity zebra")


def test_every_page_has_a_hint_of_one_or_two_sentences():
    for page in app.PAGES:
        assert 1 <= len(re.findall(r"\.(?:\s|$)", page.hint)) <= 2 and len(page.hint) < 140, page.title


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
def test_every_page_says_its_headings(open_app, page):
    at = open_app(page.file if page is not app.PAGES[0] else None)
    assert f"<h1>Marginscope</h1><h2>{page.title}</h2>" in bodies(at)


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
def test_every_table_says_what_it_is_about(open_app, page):
    at = open_app(page.file if page is not app.PAGES[0] else None)
    tables = re.findall(r"<table[^>]*>(.{30})", bodies(at))
    assert all(one.startswith('<caption class="sr">') for one in tables)
    assert all("scope=" in head for head in re.findall(r"<th\b[^>]*>", bodies(at)))
