"""The data of every chart as a file: the figures of the core, nothing rounded, nothing a spreadsheet runs."""

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest

from db.samples import SAMPLES, slug
from pages.ui import chart_files, csv_cells, view
from risk_core.liquidation.lines import ZERO
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES
from tests.app.views import of_file

FILES = sorted(SAMPLES.glob("*.margin.json"))


def rows_of(raw):
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_curves_are_the_margin_at_each_price(file):
    one = of_file(file)
    name = one.names[0]
    rows = rows_of(chart_files.curves(view.walked(one, name)))
    states = np.ones((len(rows), len(one.account.underlyings)))
    states[:, one.account.underlyings.index(name)] = [
        float(row[f"{name}, USD"]) / one.account.market.underlyings[name].price for row in rows]
    for mode in one.modes:
        holding = hold(one.account, one.question.rules.rules, MODES[mode])
        at = margin(holding, states)
        for part, values in (("equity", at.equity), ("maintenance margin", at.maintenance), ("initial margin", at.initial)):
            told = [float(row[f"{MODES[mode].title} {part}, USD"]) for row in rows]
            assert np.allclose(told, values.sum(axis=1), rtol=1e-12, atol=1e-9 * holding.size), (mode, part)
        buffers = (at.equity - at.maintenance).min(axis=1)
        sure = np.abs(buffers) > 1e-6 * holding.size
        dead = np.array([row[f"{MODES[mode].title} liquidated"] == "yes" for row in rows])
        assert (dead == (buffers < -ZERO * holding.size))[sure].all(), mode


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_steps_lead_from_the_legs_to_the_initial_margin(file):
    for mode in of_file(file).after.modes.values():
        rows = rows_of(chart_files.waterfall(mode))
        assert [row["step"] for row in rows] == [csv_cells.guarded(step.name) for step in mode.steps]
        if rows:
            assert math.isclose(float(rows[-1]["amount, USD"]), mode.head.initial_margin, rel_tol=1e-9, abs_tol=1e-6)


def test_a_name_that_looks_like_a_formula_is_text_in_the_file():
    one = of_file(FILES[1])
    walked = view.walked(one, one.names[0])
    axis = type(walked.scene.axis)("=1+1", walked.scene.axis.unit, walked.scene.axis.here)
    raw = chart_files.curves(replace(walked, scene=replace(walked.scene, axis=axis)))
    assert next(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[0] == "'=1+1, USD"
