"""The frame: controls that act everywhere, the strip, the link, unsaved work that survives, the pinned baseline."""

import re

import pytest

import app
from db.samples import SAMPLES, sample_id, slug
from pages.ui import baseline, cached, controls, draft, frame, keeping, nearest, state, strip, view, words
from pages.ui.controls import price_key
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load

FILES = sorted(SAMPLES.glob("*.margin.json"))
MORE = {"collateral": [{"asset": "USD", "amount": 123_456.0}]}


def shown(at):
    return next(one.proto.body for one in at.get("html") if "ms-strip" in one.proto.body and "<style" not in one.proto.body)


def plain(text):
    return re.sub(r"<[^>]+>", " ", text).replace(words.SPACE, " ")


def move(at, key, value):
    at.select_slider(key=key).set_value(value).run()
    assert not at.exception and not at.error
    return at


def edited(at, changes=MORE):
    """An edit, as a callback of the page makes it."""
    return run_in(at, lambda: state.set_document({**state.draft().document, **changes}))


def run_in(at, work):
    """Do something inside the session of `at`, at its next run."""
    from unittest.mock import patch

    done, surround = [], frame.surround

    def first():
        if not done:
            done.append(1)
            work()
        surround()

    with patch.object(frame, "surround", first):
        at.run()
    assert done and not at.exception
    return at


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
def test_every_page_has_the_strip_and_the_controls(open_app, page):
    at = open_app(page.file if page is not app.PAGES[0] else None, account=sample_id(FILES[1]))
    assert "Equity" in shown(at) and "whatif" not in shown(at)
    for key in ("volatility", "days", "size", "leverage"):
        assert at.select_slider(key=key)
    move(at, "size", 2.0)
    assert "ms-strip whatif" in shown(at) and "against now" in shown(at)


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_strip_says_what_the_core_says(open_app, file):
    at = open_app(account=sample_id(file))
    account = read(file.read_text("utf-8"))
    found = compare(account, load.resolve(account.rules))
    text = plain(shown(at))
    assert words.money(found.modes["cross"].head.equity) in text
    assert strip.short(account.digest) in text
    assert f"{account.market.as_of:%Y-%m-%d %H:%M} UTC" in text
    for name in view.modes_shown(account):
        level = nearest.nearest(found.modes[name], found)
        if found.modes[name].buckets_liquidated:
            assert "liquidated now" in text
        elif level is None:
            assert "no level" in text
        else:
            assert f"{level.underlying} {words.price(level.price)}" in text
            assert words.move(level.relative).replace(words.SPACE, " ") in text


def test_the_what_if_is_kept_from_page_to_page(open_app):
    at = open_app(account=sample_id(FILES[1]))
    move(at, price_key("BTC"), -10.0)
    move(at, "leverage", 2.0)
    there = shown(at)
    at.switch_page(str(app.HERE / "pages" / "portfolio.py")).run()
    assert at.select_slider(key=price_key("BTC")).value == -10.0 and at.select_slider(key="leverage").value == 2.0
    assert shown(at) == there


@pytest.mark.parametrize(("key", "value"), [("size", 3.0), ("leverage", 0.5), ("volatility", 20.0), ("days", 7.0)])
def test_each_control_and_all_of_them_go_back_to_now(open_app, key, value):
    at = open_app(account=sample_id(FILES[5]))
    now = shown(at)
    if at.select_slider(key=key).disabled:
        pytest.skip("nothing to move")
    move(at, key, value)
    assert shown(at) != now
    at.button(key=f"reset.{key}").click().run()
    assert shown(at) == now
    move(at, key, value)
    at.button(key="reset.all").click().run()
    assert shown(at) == now and at.button(key="reset.all").disabled


def test_a_link_shows_the_same_figures_on_either_page(open_app):
    at = open_app(account=sample_id(FILES[1]))
    for key, value in ((price_key("BTC"), -10.0), ("size", 2.0), ("leverage", 0.5)):
        move(at, key, value)
    query = {"account": sample_id(FILES[1]), **told_by(at)}
    for page in (None, "portfolio.py"):
        other = open_app(page, **query)
        assert not other.exception and shown(other) == shown(at)


def test_the_copied_link_names_account_version_and_controls(open_app, monkeypatch):
    at = open_app(account=sample_id(FILES[1]))
    move(at, price_key("BTC"), -10.0)
    move(at, "size", 2.0)
    at.session_state["link.menu"] = True
    at.run()
    address = at.code[0].value
    from urllib.parse import parse_qs

    query = {name: values[0] for name, values in parse_qs(address.partition("?")[2]).items()}
    assert query["account"] == sample_id(FILES[1])
    other = open_app(**query)
    assert shown(other) == shown(at)


def saved_twice(store):
    """An account with two versions that differ; returns its id."""
    account = read(FILES[0].read_text("utf-8"))
    held = store.save_new(account, f"two versions {id(account)}")
    from risk_core.portfolio.account_file import read_document

    store.save(held.id, read_document({**account.document, **MORE}), 1, f"second {id(account)}")
    return held.id


def test_the_link_of_a_saved_account_carries_its_version(open_app, store):
    account_id = saved_twice(store)
    newest, first = open_app(account=account_id), open_app(account=account_id, version="1")
    assert newest.query_params["version"] == ["2"] or newest.query_params["version"] == "2"
    assert first.session_state["draft"].version == 1 and newest.session_state["draft"].version == 2
    assert shown(newest) != shown(first)
    assert not state.is_changed(first.session_state["draft"])


@pytest.mark.parametrize("version", ["0", "99", "-1", "banana", "1" * 50, "²"])
def test_a_version_that_is_not_there_opens_the_present_one(open_app, store, version):
    at = open_app(account=saved_twice(store), version=version)
    assert not at.exception and not at.error and at.session_state["draft"].version == 2


@pytest.mark.parametrize("link", [{"size": "×1000"}, {"leverage": "banana", "size": ""}, {"draft": "<script>"},
                                  {"draft": "x" * 5000}, {"draft": "\x00" * 20}, {"aside": "A" * 22, "draft": "A" * 22}])
def test_a_bad_link_falls_back(open_app, link):
    at = open_app(**link)
    assert not at.exception and not at.error and "whatif" not in shown(at)


def test_an_edit_is_kept_and_comes_back(open_app):
    at = open_app("portfolio.py", account=sample_id(FILES[0]))
    edited(at)
    key = at.session_state["draft"].key
    assert key and at.query_params["draft"] in (key, [key])
    fresh = open_app(account=sample_id(FILES[0]), draft=key)
    held = fresh.session_state["draft"]
    assert held.document["collateral"] == MORE["collateral"] and state.is_changed(held)
    assert held.is_sample and held.account_id == sample_id(FILES[0])
    assert any("unsaved changes" in one.value for one in fresh.toast)
    assert shown(fresh) == shown(at)


def test_reruns_write_nothing(open_app, monkeypatch):
    at = open_app("portfolio.py", account=sample_id(FILES[0]))
    edited(at)
    from db.drafts import Drafts

    monkeypatch.setattr(Drafts, "keep", lambda *_: pytest.fail("written on a rerun"))
    at.run()
    move(at, "size", 2.0)


def test_a_draft_taken_back_or_saved_is_dropped(open_app, store):
    at = open_app("portfolio.py", account=sample_id(FILES[0]))
    before = at.session_state["draft"].document
    edited(at)
    key = at.session_state["draft"].key
    assert store.drafts.find(key)
    edited(at, {"collateral": before["collateral"]})
    assert store.drafts.find(key) is None and "draft" not in at.query_params
    edited(at)
    key = at.session_state["draft"].key
    run_in(at, lambda: state.mark_saved(store.save_new(state.account(state.draft()), f"save {key}")))
    assert store.drafts.find(key) is None
    at.run()
    assert "draft" not in at.query_params and not state.is_changed(at.session_state["draft"])


def test_a_second_tab_gets_a_copy_of_its_own(open_app, store, monkeypatch):
    at = open_app("portfolio.py", account=sample_id(FILES[0]))
    edited(at)
    key = at.session_state["draft"].key
    monkeypatch.setattr(keeping, "session_id", lambda: "another tab")
    monkeypatch.setattr(keeping, "is_open", lambda _: True)
    other = open_app("portfolio.py", draft=key)
    theirs = other.session_state["draft"].key
    assert theirs and theirs != key
    edited(other, {"collateral": [{"asset": "USD", "amount": 1.0}]})
    assert draft.read(store.drafts.find(key), key).document["collateral"] == MORE["collateral"]
    monkeypatch.setattr(keeping, "is_open", lambda _: False)
    assert open_app("portfolio.py", draft=key).session_state["draft"].key == key


def test_a_tab_whose_key_was_taken_over_writes_under_a_new_one(open_app, monkeypatch):
    at = open_app("portfolio.py", account=sample_id(FILES[0]))
    edited(at)
    key = at.session_state["draft"].key
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(keeping, "session_id", lambda: "another tab")
        elsewhere.setattr(keeping, "is_open", lambda _: False)
        open_app("portfolio.py", draft=key)
    monkeypatch.setattr(keeping, "is_open", lambda _: True)
    edited(at, {"collateral": [{"asset": "USD", "amount": 2.0}]})
    assert at.session_state["draft"].key not in ("", key)


def test_work_left_by_opening_another_account_survives_too(open_app):
    at = open_app(account=sample_id(FILES[0]))
    edited(at)
    at.selectbox(key="picked_account").set_value(sample_id(FILES[1])).run()
    aside = at.session_state[state.ASIDE].key
    at.run()
    fresh = open_app(account=sample_id(FILES[1]), aside=aside)
    fresh.button(key="take_back").click().run()
    assert fresh.session_state["draft"].document["collateral"] == MORE["collateral"]


def test_a_draft_that_is_gone_is_told(open_app):
    at = open_app(account=sample_id(FILES[0]), draft="A" * 22)
    assert any("expired" in one.value for one in at.toast)


def test_a_draft_that_cannot_be_kept_is_told_and_the_edit_stays(open_app, monkeypatch):
    from db import drafts

    monkeypatch.setattr(drafts, "LONGEST", 10)
    at = open_app("portfolio.py", account=sample_id(FILES[0]))
    edited(at)
    at.run()
    assert at.session_state["draft"].document["collateral"] == MORE["collateral"]
    assert any("too large" in one.value for one in at.caption)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"document": {}}', "{" * 5000])
def test_a_text_that_is_no_draft_is_none(text):
    assert draft.read(text, "k" * 22) is None


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_drafts_round_trip(file):
    document = read(file.read_text("utf-8")).document
    held = draft.Draft(document, "id", 3, "sha256:0", True, "“ü” <b>", "k" * 22)
    assert draft.read(draft.written(held), held.key) == held


def test_pinned_figures_are_the_before_until_unpinned(open_app):
    at = open_app(account=sample_id(FILES[1]))
    move(at, price_key("BTC"), -10.0)
    pinned = strip.short(run_view(at).digest)
    at.button(key="pin").click().run()
    assert f"against pin {pinned}" in shown(at) and "was " not in plain(shown(at)).partition("Isolated")[0]
    equity = words.money(run_view(at).after.modes["cross"].head.equity)
    move(at, price_key("BTC"), -20.0)
    assert f"was {equity}" in plain(shown(at))
    at.switch_page(str(app.HERE / "pages" / "portfolio.py")).run()
    assert f"was {equity}" in plain(shown(at))
    at.button(key="unpin").click().run()
    assert "against now" in shown(at) and f"was {equity}" not in plain(shown(at))


def told_by(at):
    """The controls of `at` as the link spells them."""
    found = []
    run_in(at, lambda: found.append(controls.told(view.present().account)))
    return found[0]


def run_view(at):
    """What the page of `at` reads."""
    found = []
    run_in(at, lambda: found.append(view.present()))
    return found[0]


def test_controls_read_what_the_sliders_say(open_app):
    at = open_app(account=sample_id(FILES[1]))
    move(at, "size", 2.0)
    seen = run_view(at)
    assert seen.controls.size == 2.0 and seen.moved and cached.moved(seen.question).digest.endswith(seen.digest)
    legs = cached.moved(seen.question).document["positions"]
    assert [leg["quantity"] for leg in legs] == [2 * leg["quantity"] for leg in seen.account.document["positions"]]


def test_names_in_the_strip_are_escaped(open_app):
    at = open_app()
    held = at.session_state["draft"]
    market = held.document["market"]
    evil = "<img src=x>"
    [name] = {leg["underlying"] for leg in held.document["positions"]}
    document = {**held.document, "market": {**market, "underlyings": {evil: market["underlyings"][name]}},
                "positions": [{**leg, "underlying": evil} for leg in held.document["positions"]],
                "collateral": [{"asset": "USD", "amount": 50_000.0}]}
    document["market"].pop("correlation", None)
    run_in(at, lambda: state.new_document(document, "<b>x</b>"))
    assert "<img" not in shown(at) and "&lt;img" in shown(at)


def pinned_at(at):
    """The app with −10 % on BTC pinned, then moved on to −20 %; and its key in the link."""
    move(at, price_key("BTC"), -10.0)
    at.button(key="pin").click().run()
    move(at, price_key("BTC"), -20.0)
    return one_of(at.query_params["pin"])


def one_of(value):
    return value[0] if isinstance(value, list) else value


def test_a_pin_is_still_there_after_a_refresh_and_in_another_browser(open_app):
    at = open_app(account=sample_id(FILES[1]))
    key = pinned_at(at)
    fresh = open_app("portfolio.py", account=sample_id(FILES[1]), pin=key, **told_by(at))
    assert shown(fresh) == shown(at) and "against pin" in shown(fresh)
    fresh.button(key="unpin").click().run()
    assert "against now" in shown(fresh) and "pin" not in fresh.query_params
    assert "against pin" in shown(at.run()) and "against pin" in shown(open_app(account=sample_id(FILES[1]), pin=key))


def test_the_copied_link_carries_the_pin(open_app):
    at = open_app(account=sample_id(FILES[1]))
    key = pinned_at(at)
    at.session_state["link.menu"] = True
    at.run()
    assert f"pin={key}" in at.code[0].value


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"document": {}}', "{" * 5000])
def test_a_text_that_is_no_pin_is_none(text):
    assert baseline.read(text, "k" * 22) is None


@pytest.mark.parametrize("key", ["A" * 22, "<script>", "x" * 5000])
def test_a_pin_that_is_gone_is_told(open_app, key):
    at = open_app(account=sample_id(FILES[0]), pin=key)
    assert not at.exception and "against pin" not in shown(at)
    assert any("pinned baseline" in one.value for one in at.toast)


def test_a_draft_s_key_is_no_pin(open_app):
    at = open_app("portfolio.py", account=sample_id(FILES[0]))
    edited(at)
    other = open_app(account=sample_id(FILES[0]), pin=at.session_state["draft"].key)
    assert not other.exception and "against pin" not in shown(other)


def test_a_pin_the_store_refuses_holds_for_this_session(open_app, monkeypatch):
    from db import drafts

    at = open_app(account=sample_id(FILES[1]))
    monkeypatch.setattr(drafts, "LONGEST", 10)
    at.button(key="pin").click().run()
    assert "against pin" in shown(at) and "pin" not in at.query_params
