"""What is chosen on a page stands in the link: it is there after a refresh and after another page and back."""

from urllib.parse import parse_qs

import pytest

import app
from db.samples import SAMPLES, sample_id
from pages.ui import desk, linked
from pages.ui.frontier_section import EVERY
from pages.ui.plans import COINS, VOLATILITY
from risk_core.rulebooks import load
from tests.app.test_frame import run_in

FILES = sorted(SAMPLES.glob("*.margin.json"))
BOOKS = {"liquidation.py": FILES[13], "methods.py": FILES[7], "portfolio.py": FILES[7], "rulebooks.py": FILES[7]}
"""By page: a book on which the choices can be made; three coins where a map has to be of two of them."""
CHOICES = {
    ("liquidation.py", "map"): (VOLATILITY, "Price × volatility", COINS),
    ("liquidation.py", "map.mode"): (EVERY, "All modes", "portfolio"),
    ("liquidation.py", "map.x"): ("SOL", "SOL", "BTC"),
    ("liquidation.py", "map.y"): ("SOL", "SOL", "ETH"),
    ("liquidation.py", "ladder.along"): ("ETH", "ETH alone", "BTC"),
    ("liquidation.py", "levels"): ("Leg", "Leg", "Pool and price"),
    ("portfolio.py", "tab"): ("Market", "Market", "Positions"),
    ("rulebooks.py", "rulebook.tab"): ("Side by side", "Side by side", "Parameters"),
    ("rulebooks.py", "rulebook.which"): ("All", "All", "Stated"),
    ("methods.py", "methods.part"): ("Legs", "Legs", "Steps and scenarios"),
    ("methods.py", "methods.coin"): ("ETH", "ETH", "BTC"),
}
"""By page and key: what is chosen, how the link says it, and what is chosen otherwise."""


def sound(at):
    assert not at.exception and not at.error, (at.exception, at.error)
    return at


def there_and_back(at, page):
    elsewhere = "accuracy.py"
    sound(at.switch_page(str(app.HERE / "pages" / elsewhere)).run())
    return sound(at.switch_page(str(app.HERE / "pages" / page)).run())


def one_of(value):
    return value[0] if isinstance(value, list) else value


@pytest.mark.parametrize(("page", "key"), CHOICES)
def test_a_link_opens_with_the_choice_and_another_page_and_back_keeps_it(open_app, page, key):
    chosen, said, _ = CHOICES[page, key]
    at = sound(open_app(page, account=sample_id(BOOKS[page]), **{key: said}))
    assert at.session_state[key] == chosen and one_of(at.query_params[key]) == said
    back = there_and_back(at, page)
    assert back.session_state[key] == chosen and one_of(back.query_params[key]) == said


@pytest.mark.parametrize(("page", "key"), CHOICES)
def test_a_refresh_of_another_page_keeps_it_too(open_app, page, key):
    chosen, said, _ = CHOICES[page, key]
    link = {"account": sample_id(BOOKS[page]), key: said}
    away = open_app("accuracy.py", **link)
    assert {name: one_of(value) for name, value in away.query_params.items()} == link
    at = there_and_back(away, page)
    assert at.session_state[key] == chosen and one_of(at.query_params[key]) == said


def test_every_choice_of_the_link_is_that_of_a_page():
    assert set(linked.PAGE_OF.values()) <= {page.title for page in app.PAGES}
    assert {key for _, key in CHOICES} <= set(linked.PAGE_OF)


@pytest.mark.parametrize(("page", "key"), CHOICES)
@pytest.mark.parametrize("bad", ["", "<b>no such choice"])
def test_a_link_with_a_wrong_choice_shows_the_usual_one(open_app, page, key, bad):
    at = sound(open_app(page, account=sample_id(BOOKS[page]), **{key: bad}))
    assert at.run().session_state[key] == CHOICES[page, key][2]
    assert key not in at.query_params


def test_both_rulebooks_of_the_side_by_side_are_in_the_link(open_app):
    link = {"rulebook.tab": "Side by side", "rulebook.left": "In force for this account",
            "rulebook.right": f"Shipped: {load.load('okx-style').title}"}
    at = sound(open_app("rulebooks.py", account=sample_id(FILES[0]), **link))
    assert (at.selectbox(key="rulebook.left").value, at.selectbox(key="rulebook.right").value) == ("in force", "okx-style")
    back = there_and_back(at, "rulebooks.py")
    assert {name: one_of(back.query_params[name]) for name in link} == link


def test_the_step_opened_and_the_hedges_are_in_the_link(open_app):
    at = sound(open_app("methods.py", account=sample_id(FILES[7])))
    second = at.selectbox(key="methods.step").options[1]
    other = sound(open_app("methods.py", account=sample_id(FILES[7]), **{"methods.step": second}))
    assert other.selectbox(key="methods.step").value == second
    link = {"methods.part": "Efficiency", "methods.hedges": "true"}
    assert sound(open_app("methods.py", account=sample_id(FILES[7]), **link)).toggle(key="methods.hedges").value


def test_what_an_edit_is_compared_with_is_in_the_link(open_app):
    at = sound(open_app("portfolio.py", account=sample_id(FILES[7]), against="From as opened or saved"))
    for factor in (2.0, 3.0):
        run_in(at, lambda by=factor: desk.rewrite({"name": f"Name {by}"}))
    at = sound(at.run())
    assert at.session_state["against"] == "as opened or saved"


def copied(at):
    """The parameters of the link that the menu shows."""
    at.session_state["link.menu"] = True
    return parse_qs(sound(at.run()).code[0].value.partition("?")[2])


def test_the_copied_link_has_all_that_the_address_bar_has(open_app):
    link = {"map": "Price × volatility", "map.mode": "All modes", "price.BTC": "−10 %"}
    at = sound(open_app("liquidation.py", account=sample_id(FILES[13]), **link))
    assert copied(at) == {"account": [sample_id(FILES[13])], **{name: [said] for name, said in link.items()}}


def test_the_copied_link_says_the_controls_as_they_are_and_several_choices_of_one_control(open_app):
    chosen = ["span", "tims"]
    at = sound(open_app("methods.py", account=sample_id(FILES[7]), methods=chosen, size="×2", days="7 d"))
    at.select_slider(key="size").set_value(1.0)
    at.select_slider(key="days").set_value(3.0)
    found = copied(at.run())
    assert found["methods"] == chosen and found["days"] == ["3 d"] and "size" not in found


def test_the_copied_link_leads_to_no_unsaved_work(open_app):
    at = sound(open_app("portfolio.py", account=sample_id(FILES[0])))
    run_in(at, lambda: desk.rewrite({"name": "Another name"}))
    assert "draft" in at.run().query_params
    assert set(copied(at)) == {"account"}


def test_switches_and_several_choices_survive_a_refresh_of_another_page(open_app):
    link = {"methods": ["span", "tims"], "methods.part": "Efficiency", "methods.hedges": "true"}
    away = open_app("accuracy.py", account=sample_id(FILES[7]), **link)
    assert {name: away.query_params[name] for name in link} == link
    at = there_and_back(away, "methods.py")
    assert at.multiselect(key="methods").value == ["span", "tims"] and at.toggle(key="methods.hedges").value
    assert at.query_params["methods"] == ["span", "tims"] and one_of(at.query_params["methods.hedges"]) == "true"
