"""What a reader zoomed to and hid in the legend is still so after a slider moved, on every chart that zooms."""

import pytest

from db.samples import SAMPLES, sample_id
from tests.browser.menus import settled
from tests.conftest import NIGHTLY, nightly

pytestmark = pytest.mark.browser

MIXED = f"?account={sample_id(next(SAMPLES.glob('*mixed-book*')))}"
RANGES = """box => Object.fromEntries(Object.entries(box._fullLayout).filter(([key, axis]) => /^[xy]axis\\d*$/.test(key) &&
  !axis.fixedrange).map(([key, axis]) => [key, axis.range.map(end => Number(end.toPrecision(9)))]))"""
HIDDEN = "box => box.data.filter(one => one.visible === 'legendonly').map(one => one.name)"
ENTRIES = "box => [...box.querySelectorAll('.legend .traces')].map(one => [one.textContent, getComputedStyle(one).opacity])"


class Chart:
    """One chart on a page: its picture is dragged and clicked as with a mouse."""

    def __init__(self, page, key):
        self.page, self.box = page, page.locator(f".st-key-{key} .chart")
        self.area = self.box.locator(".nsewdrag").first

    def place(self, x, y):
        box = self.area.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def zoom(self, start=(0.25, 0.2), end=(0.6, 0.7)):
        self.box.scroll_into_view_if_needed()
        self.page.mouse.move(*self.place(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.place(*end), steps=4)
        self.page.mouse.up()
        self.page.wait_for_timeout(100)

    def ask(self, script):
        return self.box.evaluate(script)

    def moved(self, slider="BTC price", key="ArrowRight", times=1):
        """The figure after the slider moved, and with all that follows done."""
        drawn = self.box.get_attribute("data-drawn")
        handle = self.page.get_by_role("slider", name=slider)
        handle.focus()
        for _ in range(times):
            handle.press(key)
            self.page.wait_for_timeout(60)
        self.page.wait_for_function("([box, drawn]) => box.dataset.drawn !== drawn", arg=[self.box.element_handle(), drawn])
        settled(self.page)

    def hide(self, name):
        self.box.locator(".legend .traces").filter(has_text=name).first.locator(".legendtoggle").click()
        self.page.wait_for_timeout(600)  # plotly waits whether it is a double click


def opened(page, address, key):
    page.goto(address)
    page.locator(f".st-key-{key} .chart .nsewdrag").first.wait_for(state="attached")
    settled(page)
    return Chart(page, key)


@pytest.mark.parametrize(("path", "key", "entry", "also"), [
    ("", "margin-curves", "Portfolio MM", ()), ("liquidation", "liquidation-map", "Cross", ("Cross boundary",)),
    ("liquidation", "liquidation-ladder", "Isolated", ())][:3 if NIGHTLY else 1])
def test_a_box_zoom_and_a_hidden_curve_stay_while_sliders_move(page, app_url, path, key, entry, also):
    chart = opened(page, f"{app_url}/{path}{MIXED}", key)
    whole = chart.ask(RANGES)
    assert set(whole) == {"xaxis", "yaxis"}
    chart.hide(entry)
    hidden = chart.ask(HIDDEN)
    assert {entry, *also} <= set(hidden)
    chart.zoom()
    near = chart.ask(RANGES)
    assert all(abs(near[axis][1] - near[axis][0]) < 0.8 * abs(whole[axis][1] - whole[axis][0]) for axis in whole)
    for slider, way, times in (("BTC price", "ArrowRight", 1), ("BTC price", "PageDown", 2), ("Days forward", "ArrowRight", 1)):
        chart.moved(slider, way, times)
        assert chart.ask(RANGES) == near and chart.ask(HIDDEN) == hidden
    assert [float(shown) < 1 for text, shown in chart.ask(ENTRIES) if text == entry] == [True]
    price = page.get_by_role("slider", name="BTC price").get_attribute("aria-valuetext")
    page.mouse.dblclick(*chart.place(0.5, 0.5))
    page.wait_for_timeout(500)
    settled(page)
    back, drawn = chart.ask(RANGES), chart.ask("box => [box.layout.xaxis.range, box.__asked.figure.layout.xaxis.range]")
    assert back != near and drawn[0] == drawn[1] and chart.ask(HIDDEN) == hidden
    assert page.get_by_role("slider", name="BTC price").get_attribute("aria-valuetext") == price


@nightly("a double click zooms out at each stop")
def test_the_button_of_the_chart_zooms_out_and_a_legend_entry_comes_back(page, app_url):
    chart = opened(page, f"{app_url}/{MIXED}", "margin-curves")
    whole = chart.ask(RANGES)
    chart.zoom()
    assert chart.ask(RANGES) != whole
    chart.box.hover()
    chart.box.locator(".modebar-btn[data-title='Reset axes']").click()
    page.wait_for_timeout(300)
    assert chart.ask(RANGES) == whole
    chart.hide("Cross MM")
    chart.hide("Cross MM")
    chart.moved()
    assert chart.ask(HIDDEN) == []


def test_bars_that_do_not_zoom_keep_what_is_hidden(page, app_url):
    chart = opened(page, f"{app_url}/methods{MIXED}", "rulebooks")
    assert chart.ask(RANGES) == {}
    chart.hide("Maintenance margin")
    chart.moved()
    assert chart.ask(HIDDEN) == ["Maintenance margin"]
