"""The boxes beside the what-if sliders: exact values in, slider and link in step, what is out of range refused."""

import pytest

from db.samples import SAMPLES, sample_id
from pages.ui import control_row, controls, steps
from pages.ui.controls import price_key

FILES = sorted(SAMPLES.glob("*.margin.json"))
STOPS = {"price": steps.PRICES, "volatility": steps.VOLATILITIES, "days": steps.DAYS, "size": steps.SIZES,
         "leverage": steps.LEVERAGES}
UNITS = {"price": control_row.PERCENT, "volatility": control_row.PERCENT, "days": control_row.DAY,
         "size": control_row.TIMES, "leverage": control_row.TIMES}


def box(at, key):
    [found] = [one for one in at.number_input if one.key.startswith(f"{control_row.BOX}{key} ")]
    return found


def typed(at, key, value):
    box(at, key).set_value(value).run()
    assert not at.exception
    return at


def bodies(at):
    return "".join(one.proto.body for one in at.get("html"))


@pytest.mark.parametrize("stops", STOPS.values(), ids=STOPS)
def test_stops_rise_and_contain_now(stops):
    assert list(stops) == sorted(set(stops)) and all(isinstance(one, float) for one in stops)
    assert (0.0 if stops[0] <= 0 else 1.0) in stops


def test_days_stop_at_a_day_a_week_a_month_and_a_quarter():
    assert {1.0, 7.0, 30.0, 90.0} <= set(steps.DAYS)


@pytest.mark.parametrize("name", STOPS)
def test_what_the_link_spells_is_read_back(name):
    for value in STOPS[name]:
        spelled = control_row.shown(value, UNITS[name])
        assert control_row.read(spelled, UNITS[name]) == value


@pytest.mark.parametrize("text", ["", "banana", "-12 %", "−12", "12 %", "×", "×2 d", "−1e3 %", "+0 %", "007 d", "²"])
def test_what_no_link_spells_is_none(text):
    assert all(control_row.read(text, unit) is None for unit in set(UNITS.values()))


@pytest.mark.parametrize(("key", "value"), [(price_key("BTC"), -12.34), ("days", 45.0), ("size", 1.37),
                                            ("leverage", 0.33), (price_key("BTC"), 0.07)])
def test_a_typed_value_moves_the_slider_and_the_figures(open_app, key, value):
    at = open_app(account=sample_id(FILES[1]))
    before = bodies(at)
    typed(at, key, value)
    assert at.select_slider(key=key).value == value and at.session_state[key] == value
    assert bodies(at) != before
    at.run()
    assert at.select_slider(key=key).value == value and box(at, key).value == value


def test_the_box_follows_the_slider_and_the_way_back(open_app):
    at = open_app(account=sample_id(FILES[1]))
    key = price_key("BTC")
    at.select_slider(key=key).set_value(-10.0).run()
    assert box(at, key).value == -10.0
    typed(at, key, -12.34)
    at.select_slider(key=key).set_value(5.0).run()
    assert box(at, key).value == 5.0
    at.button(key=f"reset.{key}").click().run()
    assert box(at, key).value == 0.0 and at.select_slider(key=key).value == 0.0
    typed(at, key, 33.3)
    at.button(key="reset.all").click().run()
    assert box(at, key).value == 0.0 and at.select_slider(key=key).value == 0.0


def test_a_typed_value_is_the_same_question_as_the_core_gets(open_app):
    at = open_app(account=sample_id(FILES[1]))
    typed(at, price_key("BTC"), -12.34)
    linked = open_app(account=sample_id(FILES[1]), **{price_key("BTC"): "−12.34 %"})
    assert bodies(linked) == bodies(at)
    assert linked.session_state[price_key("BTC")] == -12.34 and box(linked, price_key("BTC")).value == -12.34


@pytest.mark.parametrize(("key", "value", "said"), [
    (price_key("BTC"), 400.0, "BTC price +400 %: must be from −90 % to +300 %"),
    (price_key("BTC"), -100.0, "BTC price −100 %: must be from −90 % to +300 %"),
    ("days", -1.0, "Days forward −1 d: must be from 0 d to 365 d"),
    ("size", 20.0, "Size of every leg ×20: must be from ×0.1 to ×10"),
])
def test_a_value_out_of_range_is_told_and_changes_nothing(open_app, key, value, said):
    at = open_app(account=sample_id(FILES[1]))
    before = at.select_slider(key=key).value
    typed(at, key, value)
    assert any(said in one.value for one in at.error)
    assert at.select_slider(key=key).value == before and box(at, key).value == before
    at.run()
    assert not at.error


def test_a_box_is_locked_with_its_slider(open_app):
    at = open_app(account=sample_id(FILES[1]))
    for key in ("volatility", "days"):
        assert box(at, key).disabled == at.select_slider(key=key).disabled


@pytest.mark.parametrize("typed_in", [1 / 3, 123.456789, 0.00009, -0.00001, 89.99999])
def test_a_value_is_kept_as_the_link_can_carry_it(typed_in):
    kept = control_row.exact(typed_in)
    assert abs(kept - typed_in) <= 5e-4
    assert control_row.read(control_row.shown(kept, control_row.PERCENT), control_row.PERCENT) == kept


def test_limits_are_those_the_labels_promise(open_app):
    at = open_app(account=sample_id(FILES[1]))
    assert f"−{-steps.PRICES[0]:g} %" in box(at, price_key("BTC")).help and f"+{steps.PRICES[-1]:g} %" in controls._HELP_PRICE


@pytest.mark.parametrize("at", [12.34, -3.00000004, 123.45678, 7e-5, -89.999999, 0.0, 299.99996])
def test_the_values_beside_one_can_be_carried_and_hold_it_between_them(at):
    near, far = control_row.beside(at)
    assert min(near, far) - 1e-12 <= at <= max(near, far) + 1e-12 and abs(near - at) <= abs(far - at) <= 1e-3
    assert all(control_row.exact(one) == one for one in (near, far))
    assert (near == far) == (control_row.exact(at) == at)
