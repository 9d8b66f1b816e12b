"""The methods page: its table, steps, matrix and shares say what the core says, and a cell becomes a what-if."""

import csv
import io
import math
import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from sqlalchemy import text

from db.samples import SAMPLES, sample_id, slug
from pages.ui import (
    cached,
    methods_changes,
    methods_data,
    methods_detail,
    methods_efficiency,
    methods_figures,
    methods_matrix,
    methods_scenarios,
    methods_shares,
    methods_table,
    state,
)
from pages.ui.draft import Draft
from pages.ui.nearest import nearest
from risk_core.errors import Refused
from risk_core.margin.methods.demand import Scenarios
from risk_core.margin.methods.scenarios.grid_error import GridError
from risk_core.margin.models import MODES
from risk_core.margin.parameter_diff import diff
from risk_core.margin.rulebook_table import Asked
from risk_core.portfolio.account_file import read

FILES = sorted(SAMPLES.glob("*.margin.json"))
PAGE = "methods.py"
MOVED = state.Controls(prices=(("BTC", 4.0), ("ETH", -3.0)), volatility=10.0, days=2.0)
SOME = ("in force", "span", "historical-var", "simm", "kraken-style")


def seen(file, chosen=state.Controls()):
    document = read(file.read_text("utf-8")).document
    held = Draft(document, label="x")
    return methods_data.Seen(held, cached.account(held.digest, document), chosen)


def row_of(file, name, chosen=state.Controls()):
    one = seen(file, chosen)
    question = one.question(name)
    found = methods_data.asked(question)
    assert isinstance(found, Asked)
    return one, methods_data.Row(question, found, in_force=False)


@pytest.fixture
def books(store):
    """The user's own rulebooks, none afterwards."""
    yield store.own_rulebooks
    with store.database.writer.begin() as connection:
        connection.execute(text("DELETE FROM own_rulebook"))


def read_csv(raw):
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


def uncoloured(value):
    """The figure with colours that plotly's own checks know."""
    if isinstance(value, str):
        return "#123456" if value.startswith("@") else value
    if isinstance(value, list):
        return [uncoloured(one) for one in value]
    return {key: uncoloured(one) for key, one in value.items()} if isinstance(value, dict) else value


def texts(at):
    return re.sub(r"<[^>]+>|\u00a0", " ", " ".join(one.proto.body for one in at.get("html")))


# Table -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("chosen", [state.Controls(), MOVED], ids=["now", "moved"])
@pytest.mark.parametrize("file", FILES[::3], ids=slug)
def test_the_table_is_sorted_and_every_rulebook_is_in_it_or_has_a_reason(file, chosen):
    found, missing = methods_data.rows(seen(file, chosen), SOME)
    asked = [row.asked.initial for row in found]
    assert asked == sorted(asked, reverse=True)
    assert {row.asked.rulebook.name for row in found} | {one.rulebook.name for one in missing} == {
        "generic", "span", "historical-var", "simm", "kraken-style"}
    assert "no portfolio margin" in next(one.reason for one in missing if one.rulebook.name == "kraken-style")
    lines = read_csv(methods_table.csv(found, missing, None))
    assert [line["rulebook"] for line in lines][:len(found)] == [row.asked.rulebook.name for row in found]
    for line, row in zip(lines, found, strict=False):
        assert float(line["buffer_usd"]) == row.asked.equity - row.asked.maintenance


def test_the_rulebook_in_force_is_listed_once():
    found, _ = methods_data.rows(seen(FILES[0]), ("generic", "in force", "span"))
    assert [row.asked.rulebook.name for row in found].count("generic") == 1
    assert next(row for row in found if row.asked.rulebook.name == "generic").in_force


def test_the_drivers_of_a_gap_name_what_widens_it_and_what_narrows_it():
    parts = (("it charges each leg by itself more", 90.0), ("its add-ons are higher", 0.0),
             ("it asks more on top for initial margin", -10.0), ("it lets legs offset each other less", -30.0))
    assert methods_table.drivers(parts) == (
        "What sets the first apart: it charges each leg by itself more (+90.00). Against it: it lets legs offset each "
        "other more (−30.00); it asks less on top for initial margin (−10.00).")


@pytest.mark.parametrize("file", FILES[::3], ids=slug)
def test_the_level_is_the_nearest_of_the_comparison(file):
    """By daily standard deviations, as the strip and the table of levels have it."""
    one = seen(file)
    level = methods_data.level(one.question("in force"))
    compared = cached.compared(one.question("in force"))
    near = nearest(compared.modes["portfolio"], compared)
    if level.found is None:
        assert near is None and methods_table.level_words(level) == "none"
    else:
        assert (level.underlying, level.found.nearest) == (near.underlying, near.price)


# Matrix ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["in force", "span", "deribit-pm", "okx-pm", "greeks"])
@pytest.mark.parametrize("file", FILES[::4], ids=slug)
def test_every_scenario_is_in_a_cell_or_beside_the_grid(file, name):
    _, row = row_of(file, name)
    for table in methods_scenarios.held(row.asked):
        told = methods_matrix.matrix(table)
        cells = [int(k) for k in told.row.ravel() if k >= 0]
        assert sorted([*cells, *told.beside]) == list(range(len(table.words)))
        for y, x in np.argwhere(told.row >= 0):
            assert table.move[told.row[y, x]] == told.moves[x]
        if told.worst:
            assert told.profit[told.worst] <= np.nanmin(told.profit) + 1e-6 * row.asked.holding.size
        figure = methods_figures.heatmap(told, "r")
        go.Figure(uncoloured({"data": figure["data"], "layout": figure["layout"]}))
        assert len(figure["layout"]["shapes"]) == (told.worst is not None)


def test_joint_moves_are_a_list_with_the_worst_first():
    _, row = row_of(FILES[12], "expected-shortfall")
    (table,) = row.asked.scenarios
    assert methods_matrix.matrix(table) is None
    worst = methods_matrix.worst_first(table)
    assert len(worst) == 10 and set(worst) <= set(table.setting)
    assert [table.profit[k] for k in worst] == sorted(table.profit)[:10]


@pytest.mark.parametrize("name", ["historical-var", "stress-weighted-var", "span"])
def test_losses_are_measured_with_the_probabilities_the_method_gives_them(name):
    _, row = row_of(FILES[0], name)
    found = methods_efficiency._losses(row.asked)
    if name == "span":
        assert found == (), "rows of a grid have no probabilities"
        return
    losses, weight = found
    assert len(losses) == len(weight) and math.isclose(weight.sum(), 1.0)
    assert (weight.max() > weight.min()) == (name == "stress-weighted-var")


def test_rows_with_a_weight_and_lone_moves_stand_beside_the_grid():
    table = Scenarios("BTC", list("abcdefg"), np.array([-0.1, -0.1, 0.0, 0.0, 0.1, 0.1, 0.1]),
                      ["up", "down", "up", "down", "up", "down", "down"], np.ones(7), np.arange(7.0), ())
    assert methods_matrix.matrix(table).beside == (6,)
    states = [*["up", "same", "down"] * 2, "up"]
    lone = Scenarios("BTC", list("abcdefg"), np.array([0.0, 0.0, 0.0, 0.1, 0.1, 0.1, 5.0]), states, np.ones(7), -np.arange(7.0), (6,))
    tilted = Scenarios("BTC", list("abcdefg"), np.array([-0.1, -0.1, 0.0, 0.0, 0.1, 0.1, 0.0]),
                       [*["up", "down"] * 3, "skew"], np.ones(7), np.arange(7.0), ())
    assert methods_matrix.matrix(tilted).beside == (6,) and methods_matrix.matrix(tilted).states == ("up", "down")
    told = methods_matrix.matrix(lone)
    assert told.beside == (6,) and told.worst is None and "beside the grid" in methods_scenarios.matrix_sentence(told)


@pytest.mark.parametrize(("name", "states", "moves"), [
    ("derive-pm2", ("up", "same", "down"), 7), ("deribit-pm", ("up", "same", "down"), 9), ("tims", ("same",), 10)])
def test_the_grid_is_that_of_the_rulebook_without_its_extended_rows(name, states, moves):
    _, row = row_of(FILES[0], name)
    (told,) = map(methods_matrix.matrix, methods_scenarios.held(row.asked))
    assert told.states == states and len(told.moves) == moves and (told.row >= 0).all()


def test_a_cell_moves_volatility_as_the_rulebook_does():
    """Generic: a share of itself at 30 days, scaled by (30 ÷ days)^0.13 from there on; Deribit has the same form."""
    _, row = row_of(FILES[4], "in force")
    rules, ins = row.asked.holding.rules.portfolio, row.asked.holding.account.instruments
    (told,) = map(methods_matrix.matrix, methods_scenarios.held(row.asked))
    scale = (rules.pivot_days / (ins.years[0] * 365.0)) ** rules.long_power
    up, same, down = (methods_matrix.volatility_factor(told, y, 0) for y in range(3))
    assert told.states == ("up", "same", "down") and same == 1.0
    assert math.isclose(up, 1.0 + rules.volatility_up * scale) and math.isclose(down, 1.0 - rules.volatility_down * scale)


def test_a_cell_without_options_leaves_volatility_as_it_is():
    _, row = row_of(FILES[0], "derive-pm2")
    (told,) = map(methods_matrix.matrix, methods_scenarios.held(row.asked))
    assert np.isnan(told.scenarios.volatility_factor).all() and methods_matrix.volatility_factor(told, 0, 0) == 1.0


def test_what_lies_between_the_rows_is_told():
    assert "no more than on them" in methods_scenarios.grid_sentence(GridError("BTC", 10.0, 10.0, "+4 %"))
    said = methods_scenarios.grid_sentence(GridError("BTC", 10.0, 12.5, "+5 %, volatility down"))
    assert "12.50 USD at +5 %, volatility down, 2.50 more" in said


# Legs, efficiency, causes --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["in force", "span", "reg-t"])
@pytest.mark.parametrize("file", FILES[2::5], ids=slug)
def test_the_files_add_up(file, name):
    one, row = row_of(file, name)
    steps, _ = methods_data.opened(row)
    for line in read_csv(methods_shares.steps_csv(row.asked, steps)):
        legs = [float(line[key]) for key in line if key.endswith(", USD") or key == methods_shares.REST]
        assert math.isclose(math.fsum(legs), float(line["amount_usd"]), abs_tol=1e-6 * row.asked.holding.size)
    shares = read_csv(methods_shares.attribution_csv(row.asked, methods_data.more(row)))
    assert math.isclose(math.fsum(float(line["euler_usd"]) for line in shares), row.asked.maintenance,
                        abs_tol=1e-6 * row.asked.holding.size)
    assert len(read_csv(methods_scenarios.csv(row.asked))) == sum(len(t.words) for t in row.asked.scenarios)
    assert one.draft.label == "x"


def test_shown_cents_of_a_step_add_up_to_it():
    _, row = row_of(FILES[13], "span")
    steps, _ = methods_data.opened(row)
    for step in steps:
        shown = replace(step.step, amount=round(step.step.amount, 2))
        cells = re.findall(r"<td>([^<]*)</td>", methods_shares.opened(row.asked, step, shown))
        amounts = [float(cell.replace(",", "").replace("−", "-")) for cell in cells]
        assert round(math.fsum(amounts[:-1]), 2) == amounts[-1]


def test_measures_without_a_figure_give_the_reason():
    _, row = row_of(FILES[0], "in force")
    found, slopes = methods_efficiency._measured(row.question.text, row.asked)
    for one in found:
        assert (one.value is None) == methods_efficiency.value_words(one).startswith("none: ")
    assert [one.underlying for one in slopes] and all("USD" in methods_efficiency.slope_words(one) or "falling" in
                                                      methods_efficiency.slope_words(one) for one in slopes)


def test_the_causes_are_those_of_the_core():
    one, row = row_of(FILES[4], "derive-pm2", state.Controls(prices=(("ETH", 4.0),)))
    old = cached.asked_under(one.account, "derive-pm1", state.Controls().what_if)
    found = diff((cached.moved(old), old.rules), (cached.moved(row.question), row.asked.rulebook), MODES["portfolio"])
    lines = read_csv(methods_changes.csv(found))
    assert math.isclose(sum(float(line["initial_any_order_usd"]) for line in lines), found.after[0] - found.before[0],
                        abs_tol=1e-6 * row.asked.holding.size)
    assert "The book" in methods_changes._table(found, old.rules, row.asked.rulebook)


# The page ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("part", list(methods_detail.PARTS)[1:])
@pytest.mark.parametrize("file", [FILES[4], FILES[13]], ids=slug)
def test_every_part_of_the_figure(open_app, file, part):
    at = open_app(PAGE, account=sample_id(file))
    at.session_state["methods.part"] = part
    at.run()
    assert not at.exception and not at.error and not at.info


def test_levels_and_hedges_are_found_when_asked_for(open_app):
    at = open_app(PAGE, account=sample_id(FILES[1]))
    assert "Nearest liquidation" not in texts(at)
    at.toggle(key="methods.levels").set_value(True).run()
    assert not at.exception and "Nearest liquidation" in texts(at)
    at.session_state["methods.part"] = "Efficiency"
    at.run()
    at.toggle(key="methods.hedges").set_value(True).run()
    assert not at.exception and "Hedge" in texts(at)


def test_the_page_follows_the_controls(open_app):
    at = open_app(PAGE, account=sample_id(FILES[1]))
    before = texts(at)
    at.select_slider(key="price.BTC").set_value(10.0).run()
    assert not at.exception and texts(at) != before and "What-if" in texts(at)


def test_nothing_chosen_and_no_figure_are_told(open_app):
    at = open_app(PAGE, account=sample_id(FILES[4]))
    at.multiselect(key="methods").set_value([]).run()
    assert not at.exception and any("Choose at least one rulebook" in one.value for one in at.info)
    at.selectbox(key="methods.one").set_value("binance-pm").run()
    assert not at.exception and any("without rules of options" in one.value.replace("\\", "") for one in at.info)


def test_a_step_is_opened_to_its_legs(open_app):
    at = open_app(PAGE, account=sample_id(FILES[13]))
    step = at.selectbox(key="methods.step")
    assert step.options[-1].endswith("Initial margin")
    step.set_value(step.options[-1]).run()
    assert not at.exception and "Initial margin by leg" in texts(at)


def test_the_button_sets_the_worst_scenario_as_the_what_if(open_app):
    at = open_app(PAGE, account=sample_id(FILES[0]))
    at.button(key="methods.go").click().run()
    assert not at.exception and at.session_state["price.BTC"] == 16.0 and at.session_state["volatility"] == 0.0


@pytest.mark.parametrize("link", [
    {"methods": "no-such-rulebook", "methods.one": "<script>", "methods.part": "x"},
    {"methods": "span,<b>", "methods.from": "∞", "methods.levels": "perhaps"},
])
def test_a_bad_link_falls_back(open_app, link):
    at = open_app(PAGE, **link)
    assert not at.exception and not at.error
    assert "Generic" in texts(at) and "<script" not in texts(at)


def test_a_changed_rulebook_says_so_and_names_the_cause(open_app):
    at = open_app(PAGE, account=sample_id(FILES[4]))
    held = at.session_state["draft"]
    changed = {"base": "generic", "override": {"portfolio": {"volatility_up": 0.9}}}
    at.session_state["draft"] = replace(held, document={**held.document, "rules": changed})
    at.session_state["methods.part"] = "What changed"
    at.run()
    assert not at.exception and not at.error
    assert "in force, 1 changed" in texts(at) and "50 % → 90 %" in texts(at)


def test_a_rulebook_of_ones_own_is_chosen_and_shown_under_its_name(open_app, books):
    own = books.save("House <b>*x*</b>", "generic", {"portfolio": {"initial_factor": 2.0}})
    key, label = f"own {own.id}", "Yours: House <b>*x*</b>"
    at = open_app(PAGE, account=sample_id(FILES[4]))
    assert label in at.multiselect(key="methods").options and "House" not in texts(at)
    at.multiselect(key="methods").set_value(["in force", key]).run()
    assert not at.exception and not at.error and "House &lt;b&gt;*x*&lt;/b&gt;  generic, 1 changed" in texts(at)
    at.selectbox(key="methods.one").set_value(key).run()
    at.session_state["methods.part"] = "What changed"
    at.run()
    assert not at.exception and not at.error and re.search(r"Initial margin factor +1\.25\S* → 2", texts(at))
    at.selectbox(key="methods.from").set_value(key).run()
    assert not at.exception and any("Nothing differs" in one.value for one in at.caption)
    books.delete(own.id)
    at.run()
    assert not at.exception and not at.error and label not in at.multiselect(key="methods").options
    assert "House" not in texts(at)


def test_rulebooks_of_ones_own_that_cannot_be_used_are_not_offered(open_app, store, books):
    made = [books.save("Broken", "generic", {"portfolio": {"initial_factor": 2.0}}),
            books.save("Unsound", "generic", {"portfolio": {"no_such": 1}}),
            books.save("Gone base", "no-such-rulebook", {}),
            books.save("No pool", "kraken-style", {})]
    with store.database.writer.begin() as connection:
        connection.execute(text("UPDATE own_rulebook SET override = '{}' WHERE id = :id"), {"id": made[0].id})
    at = open_app(PAGE, methods="in force,Yours: Broken,Yours: Unsound", account=sample_id(FILES[4]))
    assert not at.exception and not at.error and "Generic" in texts(at)
    assert not any(one.startswith("Yours") for one in at.multiselect(key="methods").options)


def test_two_rulebooks_of_equal_values_keep_their_names():
    one = seen(FILES[4])
    plain = one.offered["generic"]
    named = replace(plain, kind="Yours", rulebook=plain.rulebook.model_copy(update={"title": "Mine"}))
    more = replace(one, offered={**one.offered, "own 1": named})
    titles = [methods_data.asked(more.question(choice)).rulebook.title for choice in ("generic", "own 1", "generic")]
    assert titles == [plain.rulebook.title, "Mine", plain.rulebook.title]
    with pytest.raises(Refused, match="is no rulebook that is offered"):
        more.question("own 2")


def test_an_account_without_legs_is_told(open_app):
    at = open_app(PAGE)
    held = at.session_state["draft"]
    at.session_state["draft"] = replace(held, document={**held.document, "positions": []})
    at.run()
    assert not at.exception and "no enabled leg" in at.info[0].value
