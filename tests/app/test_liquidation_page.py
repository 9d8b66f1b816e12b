"""The liquidation page: its table, map and ladder say what the core says, and a place on the map becomes a what-if."""

import csv
import io
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from db.samples import SAMPLES, sample_id, slug
from pages.ui import (
    cached,
    controls,
    frontier_figure,
    frontier_picture,
    frontier_section,
    jumping,
    ladder_figure,
    liquidation_board,
    liquidation_table,
    state,
    view,
    words,
)
from pages.ui.draft import Draft
from pages.ui.hatching import hatch
from pages.ui.ladder import ladder
from pages.ui.levels import standings
from pages.ui.nearest import nearest
from pages.ui.plans import COINS, DAYS, POINTS, VOLATILITY, Plan, price_span
from pages.ui.scales import PRICE, Scale
from risk_core.liquidation.thresholds import Liquidation
from risk_core.margin.compare import compare
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES
from tests.app.views import of_file
from tests.conftest import NIGHTLY

FILES = sorted(SAMPLES.glob("*.margin.json"))
PAGE = "liquidation.py"
MOVED = state.Controls(prices=(("BTC", 4.0), ("ETH", -3.0)), volatility=10.0, days=2.0)
BOTH = [state.Controls(), MOVED]


def triggers(one):
    return cached.triggered(one.question, one.modes)


def maps(one, chosen=None):
    """Every map the account has."""
    names = one.names
    if len(names) > 1:
        yield frontier_picture.coins(one, triggers(one), names[:2], chosen, "foot")
    for kind in (VOLATILITY, DAYS):
        yield frontier_picture.along_price(one, kind, names[0], chosen, "foot")


def uncoloured(value):
    """Figures with a colour in place of the marks of the theme."""
    if isinstance(value, list):
        return [uncoloured(one) for one in value]
    if isinstance(value, dict):
        return {key: uncoloured(one) for key, one in value.items()}
    return "#123456" if isinstance(value, str) and value.startswith("@") else value


def texts(at):
    return re.sub(r"<[^>]+>|\u00a0", " ", " ".join(one.proto.body for one in at.get("html")))


# Map ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("chosen", "file"), [
    (chosen, file) for i, chosen in enumerate(BOTH) for j, file in enumerate(FILES) if NIGHTLY or (i + j) % 2],
    ids=lambda one: slug(one) if isinstance(one, Path) else "moved" if one is MOVED else "now")
def test_the_map_turns_where_the_levels_are(file, chosen):
    """Along x, at the row where the account stands, a mode is liquidated exactly inside its regions."""
    one = of_file(file, chosen)
    name = one.names[0]
    for told in maps(one):
        plan = told.plan
        row = int(np.abs(plan.y - plan.here[1]).argmin())
        if abs(plan.y[row] - plan.here[1]) > 1e-9:
            continue
        for mode, least in told.least.items():
            level = one.after.modes[mode].liquidation[name]
            price = level.price / plan.here[0] * plan.x
            inside = np.array([any((low or 0) < p < (high or math.inf) for low, high in level.regions) for p in price])
            edge = np.min([np.abs(price / end - 1.0) for span in level.regions for end in span if end]
                          or [np.ones(len(price))], axis=0)
            assert ((least[row] < 0) == inside)[edge > 1e-9].all() or _others_dead(one, mode, name)


def _others_dead(one, mode, name):
    """True where something that this price does not move is liquidated anyway."""
    return any(t.liquidation.now for t in triggers(one) if t.mode == mode and t.underlying != name)


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_maps_are_figures_of_the_grids_promised(file):
    one = of_file(file, MOVED)
    for mode in (None, *list(one.modes)[:None if NIGHTLY else 1]):
        for told in maps(one, mode):
            across, up = POINTS[told.plan.kind]
            assert all(least.shape == (up, across) for least in told.least.values())
            figure = frontier_figure.frontier_map(told, "r")
            go.Figure(data=uncoloured(figure["data"]))
            assert [t["name"] for t in figure["data"] if t["type"] == "contour"]
            assert {"what-if", "today"} <= {t["name"] for t in figure["data"]}
            scale = figure["layout"]["coloraxis"]
            assert mode is None or scale["cmin"] == -scale["cmax"]


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_nearest_point_is_the_core_s_and_in_view(file):
    one = of_file(file)
    for told in maps(one):
        for mode, near in told.near.items():
            assert near.text.endswith(".") and "nan" not in near.text and "inf" not in near.text
            if one.after.modes[mode].buckets_liquidated and told.plan.kind == COINS:
                assert near.reach == 0.0 and near.place is None
            if near is told.first and near.place is not None and 0.45 <= near.place[0] <= 1.65:
                assert told.plan.spans[0][0] <= near.place[0] <= told.plan.spans[0][1]


def test_the_words_of_the_nearest_point():
    told = next(iter(maps(of_file(FILES[13]))))
    assert re.fullmatch(r"BTC [+−][\d.]+ % with ETH [+−][\d.]+ %: [\d.]+ daily sigmas\.",
                        told.near["portfolio"].text.replace("\u00a0", " "))
    carry = of_file(FILES[11])
    pair = frontier_picture.coins(carry, triggers(carry), ("BTC", "ETH"), None, "")
    assert pair.near["cross"].text == "No joint move within 60 daily sigmas liquidates."


def test_without_a_volatility_no_distance_is_claimed():
    one = of_file(FILES[7])
    bare = {**one.draft.document, "market": {**one.draft.document["market"], "underlyings": {
        name: {k: v for k, v in block.items() if k not in ("volatility", "daily_volatility")}
        for name, block in one.draft.document["market"]["underlyings"].items()}}}
    held = Draft(bare)
    account = cached.account(held.digest, bare)
    question = cached.asked(account, state.Controls().what_if)
    two = view.View(held, account, state.Controls(), question, question)
    told = frontier_picture.coins(two, triggers(two), ("BTC", "ETH"), None, "")
    assert told.outlines == () and all("No volatility of BTC and ETH" in near.text for near in told.near.values())
    rows = liquidation_table.rows(two, triggers(two), triggers(two))
    assert "no volatility" in liquidation_table.table(rows, liquidation_board.leg_labels(two))


def test_hatching_covers_what_is_liquidated_and_nothing_else():
    x, y = np.linspace(10.0, 20.0, 41), np.linspace(1.0, 3.0, 31)
    values = np.broadcast_to(x - 14.0, (31, 41))
    xs, ys = hatch(x, y, values)
    drawn = ~np.isnan(xs)
    assert drawn.any() and xs[drawn].max() <= 14.0 and 1.0 <= ys[drawn].min() and ys[drawn].max() <= 3.0
    assert hatch(x, y, np.ones((31, 41)))[0].size == 0


def test_scales_read_both_ways():
    for scale in (Scale(PRICE, "BTC", 77_000.0), Scale(PRICE, "all prices"), Scale("volatility", ""), Scale("days", "")):
        assert math.isclose(scale.factor(scale.at(1.23)), 1.23)
        places, said = scale.ticks(0.8, 1.3, 9)
        assert len(places) == len(said) <= 10
    assert Scale(PRICE, "BTC", 77_000.0).ticks(0.85, 1.15, 8)[1][3].endswith("<br>today")
    assert price_span([], 1.0) == pytest.approx((0.6, 1.4))


# Table -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_table_is_sorted_and_agrees_with_the_comparison(file):
    one = of_file(file, MOVED)
    rows = liquidation_table.rows(one, triggers(one), triggers(one))
    reaches = [row.reach for row in rows]
    assert reaches == sorted(reaches)
    direct = compare(cached.moved(one.question), one.question.rules)
    for mode in one.modes:
        for leg in direct.modes[mode].positions:
            mine = [row.trigger for row in rows if row.trigger.mode == mode and leg.id in row.trigger.legs]
            assert leg.liquidation_price in [t.liquidation.nearest for t in mine]
    assert liquidation_board.first(rows).endswith(".")
    for mode in one.modes:
        if not one.after.modes[mode].buckets_liquidated:
            first = next(row for row in rows if row.trigger.mode == mode)
            found = nearest(one.after.modes[mode], one.after)
            assert (found.underlying, found.price) == (first.trigger.underlying, first.trigger.liquidation.nearest) \
                if found else first.gap is None


@pytest.mark.parametrize(("regions", "expected"), [
    ((), "none"), (((None, 90.0),), "below 90.00"), (((110.0, None),), "above 110.00"),
    (((None, 50.0), (60.0, 70.0)), "below 50.00 and 60.00 to 70.00"), (((90.0, None),), "now: above 90.00"),
    (((None, None),), "now, at any price"),
])
def test_ranges_in_words(regions, expected):
    assert liquidation_table.when(Liquidation(100.0, regions)) == expected.replace("above 90.00", "above 90.00")


FAR_BELOW = {"BTC": -60.0, "ETH": 60.0}


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_what_is_liquidated_says_what_is_left_of_its_equity(file):
    """No empty place: its equity is below 0, or there is the price at which it turns 0, or none."""
    one = of_file(file, state.Controls(prices=tuple((name, FAR_BELOW.get(name, 0.0)) for name in of_file(file).names)))
    for row in liquidation_table.rows(one, triggers(one), triggers(one)):
        told, said = row.trigger, liquidation_table.table([row], liquidation_board.leg_labels(one))
        assert words.MISSING not in said
        if told.liquidation.now:
            assert ("equity is below 0 now" in said) == (told.equity < 0)
            there = one if told.bankruptcy is None else equity_at(one, told)
            assert told.bankruptcy is None or abs(there) <= 1e-6 * max(1.0, told.notional)


def equity_at(one, told):
    """Equity of the pool or leg of a trigger at its bankruptcy price, worked out anew; pledges stay what they are."""
    account = cached.moved(one.question)
    holding = hold(account, one.question.rules.rules, MODES[told.mode])
    factors = np.ones((1, len(account.underlyings)))
    u = account.underlyings.index(told.underlying)
    factors[0, u] = told.bankruptcy / account.index[u]
    who = [holding.nets.who(account, at) for at in range(holding.nets.buckets)]
    return float(margin(holding, factors).equity[0, who.index(told.who)])


def test_far_rows_show_the_order_they_stand_in():
    one = of_file(FILES[13])
    rows = [row for row in liquidation_table.rows(one, triggers(one), triggers(one)) if row.gap]
    said = [liquidation_table.table([row], liquidation_board.leg_labels(one)).replace(words.SPACE, " ") for row in rows]
    shown = [abs(float(re.search(r">([+−]?[\d.,]+) σ<", text)[1].replace("−", "-"))) for text in said]
    assert shown == sorted(shown) and shown[-1] > 10


def read_csv(raw):
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))


def test_every_chart_and_table_has_a_file():
    one = of_file(FILES[13])
    labels = liquidation_board.leg_labels(one)
    rows = liquidation_table.rows(one, triggers(one), triggers(one))
    table = read_csv(liquidation_table.csv(rows, labels))
    assert len(table) == 1 + len(rows) and len({len(row) for row in table}) == 1
    told = next(iter(maps(one)))
    cells = read_csv(frontier_section.csv(told))
    assert len(cells) == 1 + 81 * 61 and len(cells[0]) == 2 + len(one.modes)


# Ladder ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("chosen", BOTH, ids=["now", "moved"])
@pytest.mark.parametrize("along", [state.TOGETHER, None], ids=["together", "first coin"])
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_ladder_adds_up_what_the_walk_closes(file, along, chosen):
    one = of_file(file, chosen)
    walked = view.walked(one, one.names[0] if along is None else along)
    found = ladder(walked, triggers(one), "foot")
    stand = standings(walked.walk, found.here)
    for mode, rungs in found.rungs.items():
        assert sum(rung.gone for rung in rungs) == len(stand[mode].gone)
        assert {rung.down for rung in rungs if rung.down} == {level.factor for level in stand[mode].down}
        factors, closed = found.steps(mode)
        gone = math.fsum(rung.notional for rung in rungs if rung.gone)
        assert factors == sorted(factors) and min(closed) >= gone - 1e-9
        at = int(np.searchsorted(factors, found.here, side="right")) - 1
        assert math.isclose(closed[at], gone, abs_tol=1e-6) or any(rung.up == found.here for rung in rungs)
    figure = ladder_figure.liquidation_ladder(found, "r")
    go.Figure(data=uncoloured(figure["data"]))
    assert len(figure["layout"]["yaxis2"]["ticktext"]) == len(ladder_figure.lanes(found))


def test_an_empty_lane_says_so():
    every = [ladder(view.walked(one, name), triggers(one), "") for one in map(of_file, FILES) for name in one.names]
    found = next(told for told in every if not all(told.rungs.values()))
    notes = [note["text"] for note in ladder_figure.liquidation_ladder(found, "r")["layout"]["annotations"]]
    empty = [mode for mode, rungs in found.rungs.items() if not rungs]
    assert sum("liquidates nothing" in note for note in notes) == len(empty) > 0


# A place on the map as a what-if -------------------------------------------------------------------------------------

PLAN = Plan(COINS, ("BTC", "ETH"), ((0.8, 1.2), (0.8, 1.2)), (1.0, 1.0))


def test_two_coins_become_two_sliders_and_the_common_move_is_folded_in():
    now = state.Controls(together=10.0, prices=(("BTC", 0.0), ("ETH", 0.0), ("SOL", 0.0)))
    found = jumping.values(PLAN, (1.05, 0.9), ("BTC", "ETH", "SOL"), now)
    assert found == pytest.approx({"price": 0.0, "price.BTC": 5.0, "price.ETH": -10.0, "price.SOL": 10.0})


@pytest.mark.parametrize(("kind", "moved", "names", "expected"), [
    (VOLATILITY, ("BTC",), ("BTC",), {"price.BTC": 5.0, "volatility": 20.0}),
    (VOLATILITY, ("BTC", "ETH"), ("BTC", "ETH"), {"price": 5.0, "volatility": 20.0}),
    (DAYS, ("ETH",), ("BTC", "ETH"), {"price": 0.0, "price.BTC": 0.0, "price.ETH": 5.0, "days": 1.2}),
])
def test_a_price_with_volatility_or_days(kind, moved, names, expected):
    plan = replace(PLAN, kind=kind, moved=moved)
    now = state.Controls(prices=tuple((name, 0.0) for name in names))
    assert jumping.values(plan, (1.05, 1.2), names, now) == pytest.approx(expected)


@pytest.mark.parametrize(("place", "expected"), [
    ((1.037531, 1.0), {"price.BTC": 3.7531, "volatility": 0.0}), ((0.9, 0.983), {"price.BTC": -10.0, "volatility": -1.7}),
    ((1.0, 99.0), {"price.BTC": 0.0, "volatility": controls.stops("volatility")[-1]})])
def test_a_click_sets_the_place_itself_as_far_as_the_controls_reach(open_app, monkeypatch, place, expected):
    """Not the nearest step of a slider: the buffer told of a cell is that of the what-if it sets."""
    monkeypatch.setattr(jumping, "to_point", lambda plan, *_: jumping.to_place(plan, place))
    at = open_app(PAGE, account=sample_id(FILES[2]))
    at.session_state["map"], at.session_state["map.mode"] = VOLATILITY, "cross"
    at.run().button(key="map.go").click().run()
    assert not at.exception and {key: at.session_state[key] for key in expected} == expected
    assert {key: at.select_slider(key=key).value for key in expected} == expected


@pytest.mark.parametrize(("file", "kind", "mode"), [
    (FILES[7], COINS, "isolated"), (FILES[7], COINS, "portfolio"), (FILES[4], VOLATILITY, "cross"),
    (FILES[2], VOLATILITY, "cross"), (FILES[1], DAYS, "cross"), (FILES[1], VOLATILITY, "isolated")])
def test_the_button_sets_the_nearest_point_and_the_mode_is_liquidated_there(open_app, file, kind, mode):
    """Not a step of the sliders short of it: the mode is liquidated, at the point to the digits a link carries."""
    at = open_app(PAGE, account=sample_id(file))
    at.session_state["map"], at.session_state["map.mode"] = kind, mode
    at.run().button(key="map.go").click().run()
    assert not at.exception and not at.error
    one = of_file(file)
    now = state.Controls(at.session_state["price"] if len(one.names) > 1 else 0.0,
                         tuple((name, at.session_state[controls.price_key(name)]) for name in one.names),
                         at.session_state["volatility"], at.session_state["days"])
    there = of_file(file, now)
    assert there.after.modes[mode].buckets_liquidated
    short = replace(now, prices=tuple((name, 0.999 * percent) for name, percent in now.prices),
                    volatility=0.999 * now.volatility)
    assert not of_file(file, short).after.modes[mode].buckets_liquidated
    assert any(now.prices[i][1] not in controls.stops(controls.price_key(name)) for i, name in enumerate(one.names))
    for key in (*map(controls.price_key, one.names), "volatility", "days"):
        assert at.select_slider(key=key).value == at.session_state[key]


def test_a_point_beyond_the_ends_of_the_sliders_is_not_offered(open_app):
    """Portfolio liquidates the covered call only where volatility is many times its level; +200 % is the end."""
    at = open_app(PAGE, account=sample_id(FILES[6]))
    at.session_state["map"], at.session_state["map.mode"] = VOLATILITY, "portfolio"
    at.run()
    button = at.button(key="map.go")
    assert not at.exception and button.disabled and "beyond" in button.help






# The page ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("mode", ["isolated", "cross", "portfolio", "all"])
@pytest.mark.parametrize("kind", [VOLATILITY, DAYS])
def test_every_map_of_the_page(open_app, kind, mode):
    at = open_app(PAGE, account=sample_id(FILES[4]))
    at.session_state["map"], at.session_state["map.mode"] = kind, mode
    at.run()
    assert not at.exception and not at.error


def test_the_page_follows_the_controls(open_app):
    at = open_app(PAGE, account=sample_id(FILES[1]))
    before = texts(at)
    at.select_slider(key="price.BTC").set_value(10.0).run()
    assert not at.exception and texts(at) != before and "What-if" in texts(at)


def test_an_account_without_legs_is_told(open_app):
    at = open_app(PAGE)
    held = at.session_state["draft"]
    at.session_state["draft"] = replace(held, document={**held.document, "positions": []})
    at.run()
    assert not at.exception
    assert "no enabled leg" in at.info[0].value


def test_names_are_shown_as_text(open_app):
    at = open_app(PAGE)
    held = at.session_state["draft"]
    legs = [{**leg, "id": f"<b onclick=x>{i}</b>"} for i, leg in enumerate(held.document["positions"])]
    at.session_state["draft"] = replace(held, document={**held.document, "positions": legs})
    at.run()
    assert not at.exception
    assert not any("<b onclick" in one.proto.body for one in at.get("html"))


@pytest.mark.parametrize(("rules", "sampled"), [("", False), ("derive-pm2", True)])
def test_levels_that_are_found_by_sampling_are_said_to_be(open_app, rules, sampled):
    at = open_app(PAGE, **({"rulebook": rules} if rules else {}))
    assert not at.exception
    assert any("found by sampling" in one.value for one in at.caption) == sampled
