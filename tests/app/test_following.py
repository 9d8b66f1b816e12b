"""What a moved control draws again: parts, parts of the rulebook, or everything."""

import pytest
import streamlit as st

from pages.ui import following
from pages.ui.following import follow, follows, follows_first, follows_rulebook, frame_part, frame_part_of, stands, start


@pytest.fixture
def asked(monkeypatch):
    """What `follow` asks to be drawn again; the session is a plain dictionary."""
    seen = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "rerun", seen.append)
    monkeypatch.setattr(st, "fragment", lambda key: lambda draw: draw)
    start()
    frame_part(strip)()
    return seen


def strip():
    pass


def figures():
    pass


def table():
    pass


def names(what):
    return what if isinstance(what, str) else [key.rpartition(".")[2] for key in what]


def test_a_page_without_a_part_is_drawn_again_as_a_whole(asked):
    follow("head")
    assert asked == ["app"]


def test_a_page_that_stands_is_not_drawn_again(asked):
    stands()
    follow("head")
    assert names(asked[0]) == ["strip"]


def test_the_parts_of_a_page_are_drawn_with_those_of_the_frame(asked):
    follows(figures)()
    follow("head")
    assert names(asked[0]) == ["figures", "strip"]


def picture():
    pass


def test_a_first_part_is_drawn_before_the_others_wherever_it_stands(asked):
    follows(figures)()
    follows_first(picture)()
    follow("head")
    assert names(asked[0]) == ["picture", "figures", "strip"]


def test_a_part_of_the_frame_is_drawn_again_only_when_what_it_shows_is_another(asked):
    moved = [False]
    stands()
    frame_part_of(lambda: moved[0])(figures)()
    follow("head")
    moved[0] = True
    follow("head")
    assert [names(each) for each in asked] == [["strip"], ["strip", "figures"]]


@pytest.mark.parametrize(("control", "drawn"), [((), True), ((following.RULEBOOK,), True), (("head",), False)])
def test_what_hangs_on_the_rulebook_follows_that_control_and_every_reset(asked, control, drawn):
    follows(figures)()
    follows_rulebook(table)()
    follow(*control)
    assert ("table rulebook" in names(asked[0])) == drawn


def test_a_value_put_into_a_control_draws_everything_even_where_the_page_stands(asked):
    stands()
    following.put("price", 5.0)
    follow("head")
    assert asked == ["app"]


def test_a_new_run_forgets_that_the_last_page_stood(asked):
    stands()
    start()
    follow("head")
    assert asked == ["app"]
