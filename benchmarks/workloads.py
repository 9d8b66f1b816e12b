"""The workloads: each returns its table, after checking every answer against a double-precision reference."""

from benchmarks.joint_moves import joint
from benchmarks.level_search import levels_of_account
from benchmarks.pricing import cells, crossover
from benchmarks.scanning import growth, ladder, scan
from benchmarks.target_tables import frontier, liquidation_prices, portfolio, scaling, what_if
from benchmarks.whole_job import threads, whole

WORKLOADS = {"cells": cells, "crossover": crossover, "portfolio": portfolio, "scaling": scaling,
             "prices": liquidation_prices, "frontier": frontier, "what_if": what_if, "scan": scan, "ladder": ladder,
             "joint": joint, "levels": levels_of_account, "whole": whole, "threads": threads, "growth": growth}
