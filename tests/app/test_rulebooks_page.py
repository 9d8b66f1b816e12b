"""The rulebook page: the list, an override and what it does by hand, refusals, undo, one's own, side by side."""

import json
import re

import pytest

from db.samples import SAMPLES, sample_id, slug
from pages.ui import cached, own_rules, rulebook_acts, rulebook_input, rulebook_own, rulebook_words
from risk_core.errors import Refused
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import kinds, load
from tests.conftest import NIGHTLY

FILES = sorted(SAMPLES.glob("*.margin.json"))
LONG, STRANGLE, MIXED = FILES[1], FILES[4], FILES[13]
BOOK = load.load("generic")


@pytest.fixture
def page(open_app):
    def start(file=MIXED):
        return sound(open_app("rulebooks.py", account=sample_id(file)))
    return start


def sound(at):
    assert not at.exception, at.exception
    return at


def click(at, key):
    return sound(at.button(key=key).click().run())


def held(at):
    return at.session_state["draft"].document


def texts(at):
    return re.sub(r"<[^>]+>|\u00a0", " ", " ".join(one.proto.body for one in at.get("html")))


def value_key(at):
    return next(key for key in (one.key for one in (*at.number_input, *at.text_area)) if key and key.startswith("value "))


def put(at, value):
    """Type a number into the open input."""
    return sound(at.number_input(key=value_key(at)).set_value(value).run())


def tab(at, name):
    at.session_state["rulebook.tab"] = name
    return sound(at.run())


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_every_parameter_the_rulebook_states_is_on_the_page_of_every_sample(page, file):
    at = page(file)
    assert not at.error
    said = texts(at)
    stated = {key: one for key, one in BOOK.parameters.items() if one.source != load.meanings().get(key, {}).get("source")}
    assert 0 < len(stated) < len(BOOK.parameters)
    assert f"{len(BOOK.parameters) - len(stated)} more parameters hold by plain convention" in at.caption[0].value
    assert told(stated, said) and not told(BOOK.parameters, said)


def every(at):
    """The page with all parameters shown, also those left at the plain convention."""
    at.session_state["rulebook.which"] = "All"
    return sound(at.run())


def told(parameters, said):
    """Whether name, meaning, source and date of each parameter are in what is said."""
    return all(part in said for key, one in parameters.items() for part in (
        rulebook_words.name(key), key, one.meaning.replace("'", "&#x27;"), one.source, str(one.date)))


def test_every_parameter_and_limit_is_on_the_page_when_all_are_shown(page):
    said = texts(every(page()))
    assert told(BOOK.parameters, said)
    for limit in BOOK.limits:
        assert limit.replace("'", "&#x27;") in said


def test_every_parameter_can_be_opened_and_shows_the_figures(page):
    at = every(page())
    first = {kinds.kinds()[key].sort: key for key in BOOK.parameters}
    for key in BOOK.parameters if NIGHTLY else sorted({*list(BOOK.parameters)[::4], *first.values()}):
        at = click(at, f"change {key}")
        assert not at.error, key
        assert "Figures of this account under the rules in force" in texts(at)
        assert at.button(key="rulebook.apply").disabled
    assert set(rulebook_input.DRAWN) == {kind.sort for kind in kinds.kinds().values()}


def test_the_search_and_the_filter(page):
    at = page()
    at.text_input(key="rulebook.search").set_value("short option minimum").run()
    assert [one.key for one in at.button if one.key.startswith("change ")] == ["change portfolio.short_option_minimum"]
    at.text_input(key="rulebook.search").set_value("zebra").run()
    assert "No parameter matches" in at.info[0].value


def test_an_override_does_what_the_rule_says(page):
    """Initial margin of portfolio mode is the factor times maintenance margin: 1.25 becomes 2."""
    at = click(page(), "change portfolio.initial_factor")
    at = put(at, 2.0)
    before = compare(read_document(held(at)), BOOK).modes["portfolio"].head
    assert f"{before.initial_margin:,.2f}"[:-1] in texts(at)
    assert f"{2.0 * before.maintenance_margin:,.2f}"[:-1] in texts(at)
    assert "maintenance margin stays" in texts(at) and "not applied yet" in texts(at)
    assert "rules" not in held(at) or held(at)["rules"] == "generic"


def test_a_haircut_by_hand():
    """1 BTC at 80,000 and a haircut of 5 % counts 76,000; at 20 % it counts 64,000."""
    document = json.loads(FILES[0].read_text("utf-8"))
    document["collateral"] = [{"asset": "BTC", "amount": 1.0}]
    document["market"]["underlyings"]["BTC"]["price"] = 80_000.0
    document["positions"] = []
    rules = rulebook_acts.Chosen("generic", {"collateral.haircuts": {"BTC": 0.2}}).rules
    for chosen, equity in (("generic", 76_000.0), (rules, 64_000.0)):
        found = cached.compared(cached.asked_under(read_document(document), chosen, cached.WhatIf()))
        assert found.modes["cross"].head.equity == pytest.approx(equity)


def test_apply_undo_redo_and_remove(page):
    at = put(click(page(), "change portfolio.initial_factor"), 2.0)
    before = held(at)
    at = click(at, "rulebook.apply")
    assert held(at)["rules"] == {"base": "generic", "override": {"portfolio": {"initial_factor": 2.0}}}
    assert "1 value overridden" in texts(at) and "Overridden" in texts(at) and "1.25" in texts(at)
    at = click(at, "rulebook.undo")
    assert held(at) == before and "as shipped" in texts(at)
    at = click(at, "rulebook.redo")
    assert held(at)["rules"]["override"] == {"portfolio": {"initial_factor": 2.0}}
    at = click(at, "change portfolio.initial_factor")
    assert "What the override in force does" in texts(at)
    at = click(at, "rulebook.remove")
    assert held(at)["rules"] == "generic"


def test_shares_are_typed_in_percent_and_written_as_decimals(page):
    at = put(click(page(STRANGLE), "change portfolio.short_option_minimum"), 0.7)
    at = click(at, "rulebook.apply")
    assert held(at)["rules"]["override"] == {"portfolio": {"short_option_minimum": 0.007}}
    at = click(put(click(at, "change options.initial_rate"), 20.0), "rulebook.apply")
    assert held(at)["rules"]["override"] == {"options": {"initial_rate": 0.2}, "portfolio": {"short_option_minimum": 0.007}}
    at = click(at, "rulebook.remove_all")
    assert held(at)["rules"] == "generic"


def test_a_refused_value_is_told_and_nothing_is_applied(page):
    at = page()
    before = held(at)
    at = put(click(at, "change portfolio.initial_factor"), 0.5)
    [told] = [one.value.replace("\\", "") for one in at.error]
    assert told == "Refused, nothing is applied: portfolio.initial_factor 0.5: must be greater than or equal to 1."
    assert at.button(key="rulebook.apply").disabled and held(at) == before
    at = put(click(at, "change options.initial_floor"), 5.0)
    assert "initial_floor must not be below maintenance_rate" in at.error[0].value.replace("\\", "")


def test_moves_are_a_list_and_have_to_rise(page):
    at = click(page(), "change portfolio.moves")
    at.text_area(key=value_key(at)).set_value("8 0 −8").run()
    assert "moves must rise" in at.error[0].value
    at.text_area(key=value_key(at)).set_value("−8, zero, 8").run()
    assert "zero" in at.error[0].value and "is not a number" in at.error[0].value
    at.text_area(key=value_key(at)).set_value("−30 %; −8 % 0, 8, 30").run()
    at = click(at, "rulebook.apply")
    assert held(at)["rules"]["override"] == {"portfolio": {"moves": [-0.3, -0.08, 0, 0.08, 0.3]}}


def typed_into(at, key, changes):
    """What the table of a parameter sends when cells are edited."""
    digest = load.resolve(held(at).get("rules", "generic")).digest
    follow = " True" if key == "tiers.steps" else ""
    grid = f"value {key} {digest} {at.session_state['draft'].account_id}{follow}"
    at.session_state[grid] = {"edited_rows": {}, "added_rows": [], "deleted_rows": [], **changes}
    return sound(at.run())


def test_tiers_with_deductions_that_follow(page):
    at = click(page(), "change tiers.steps")
    at = typed_into(at, "tiers.steps", {"edited_rows": {0: {"initial": 6, "maintenance": 3}}})
    assert not at.error
    at = click(at, "rulebook.apply")
    steps = held(at)["rules"]["override"]["tiers"]["steps"]
    assert [step["initial"] for step in steps] == [0.06, 0.1, 0.2]
    assert [step["initial_deduction"] for step in steps] == pytest.approx([0, 40_000, 540_000])
    assert [step["maintenance_deduction"] for step in steps] == pytest.approx([0, 20_000, 270_000])


def test_a_table_of_haircuts(page):
    at = click(page(), "change collateral.haircuts")
    at = typed_into(at, "collateral.haircuts", {"edited_rows": {3: {"share": 10}}, "added_rows": [{"asset": "SOL", "share": 15}]})
    at = click(at, "rulebook.apply")
    assert held(at)["rules"]["override"] == {"collateral": {"haircuts": {"BTC": 0.1, "SOL": 0.15}}}
    with pytest.raises(Refused, match="an asset of its own"):
        rulebook_input._by_name([{"asset": "BTC", "share": 0.1}, {"asset": "BTC", "share": 0.2}], "collateral.haircuts")


def test_one_of_ones_own_goes_round(page, store):
    at = click(put(click(page(), "change portfolio.initial_factor"), 2.0), "rulebook.apply")
    rules = held(at)["rules"]
    at = tab(at, "My rulebooks")
    at.text_input(key="rulebook.name").set_value("House <b>*x*</b>").run()
    at = click(at, "rulebook.save")
    [one] = [one for one in store.own_rulebooks.list_all() if one.name == "House <b>*x*</b>"]
    assert own_rules.rules_of(one) == rules
    assert not any("<b>*x*" in text.value for text in at.markdown)
    at = click(at, "rulebook.save")
    assert len(store.own_rulebooks.list_all()) == 1 and not at.error
    at = click(at, "rulebook.remove_all")
    assert held(at)["rules"] == "generic"
    at = click(at, f"own.apply {one.id}")
    assert held(at)["rules"] == rules and at.button(key=f"own.apply {one.id}").disabled
    text = rulebook_own.own_file.write(one.name, rules)
    assert rulebook_own.taken(text.encode()).rules == rules
    assert rulebook_own.file_name(one.name) == "house-b-x-b.rulebook.json"
    at = click(at, f"own.delete {one.id}")
    assert store.own_rulebooks.list_all() == [] and held(at)["rules"] == rules


def test_a_name_taken_is_told(page, store):
    kept = store.own_rulebooks.save("Taken", "generic", {})
    at = click(put(click(page(), "change portfolio.initial_factor"), 2.0), "rulebook.apply")
    at = tab(at, "My rulebooks")
    at.text_input(key="rulebook.name").set_value("Taken").run()
    at = click(at, "rulebook.save")
    assert "is a rulebook of yours already" in at.error[0].value.replace("\\", "")
    at = click(at, f"own.replace {kept.id}")
    [one] = store.own_rulebooks.list_all()
    assert one.override == {"portfolio": {"initial_factor": 2.0}}
    store.own_rulebooks.delete(one.id)


def test_a_file_that_is_not_text_is_refused():
    with pytest.raises(Refused, match="UTF-8"):
        rulebook_own.taken(b"\xff\xfe\x00")


def test_two_side_by_side(page):
    at = tab(page(), "Side by side")
    assert "0 parameters" not in texts(at) and any("No parameter differs" in one.value for one in at.subheader)
    at = click(put(click(tab(at, "Parameters"), "change portfolio.initial_factor"), 2.0), "rulebook.apply")
    at = tab(at, "Side by side")
    assert any(one.value == "1 parameter differs" for one in at.subheader)
    said = texts(at)
    assert "Initial margin factor" in said and "1.25" in said and "Shipped: Generic" in said
    head = compare(read_document({**held(at), "rules": "generic"}), BOOK).modes["portfolio"].head
    assert f"{2.0 * head.maintenance_margin:,.2f}"[:-1] in said


def test_the_effect_follows_the_what_if(page):
    at = click(page(), "change portfolio.initial_factor")
    now = texts(at)
    at.select_slider(key="volatility").set_value(20.0).run()
    assert not at.exception and not at.error
    assert "What-if" in texts(at) and texts(at) != now


def test_an_account_without_legs_is_shown(page):
    from dataclasses import replace

    at = page()
    one = at.session_state["draft"]
    at.session_state["draft"] = replace(one, document={**one.document, "positions": []})
    at = put(click(at, "change portfolio.initial_factor"), 2.0)
    assert not at.error and "No figure changes." in texts(at)
