"""Diagonal lines over the part of a map below zero, for readers and printers without colour."""

from __future__ import annotations

import numpy as np

from risk_core.arrays import Floats

LINES, SAMPLES = 56, 160


def hatch(x: Floats, y: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Line pieces where values (Y, X) over x and y are below zero; NaN between pieces."""
    along = np.linspace(0.0, 1.0, SAMPLES)
    across, up = np.broadcast_to(along, (LINES, SAMPLES)), along + np.linspace(-0.98, 0.98, LINES)[:, None]
    inside = (up >= 0.0) & (up <= 1.0)
    dead = inside & (_at(values, across, np.clip(up, 0.0, 1.0)) < 0)
    edge = np.diff(np.pad(dead.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    starts, ends = np.argwhere(edge == 1), np.argwhere(edge == -1) - [0, 1]
    gap = np.full(len(starts), np.nan)
    pieces = [np.stack([grid[tuple(starts.T)], grid[tuple(ends.T)], gap], axis=1).ravel() for grid in (across, up)]
    return x[0] + pieces[0] * (x[-1] - x[0]), y[0] + pieces[1] * (y[-1] - y[0])


def _at(values: Floats, across: Floats, up: Floats) -> Floats:
    """Values between the points of an even grid, places as shares of its width and height."""
    rows, columns = values.shape
    i, j = up * (rows - 1), across * (columns - 1)
    low_i, low_j = np.minimum(i.astype(int), rows - 2), np.minimum(j.astype(int), columns - 2)
    di, dj = i - low_i, j - low_j
    bottom = values[low_i, low_j] * (1 - dj) + values[low_i, low_j + 1] * dj
    top = values[low_i + 1, low_j] * (1 - dj) + values[low_i + 1, low_j + 1] * dj
    return np.asarray(bottom * (1 - di) + top * di)
