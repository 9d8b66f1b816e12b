"""The workloads: each returns its table, after checking every answer against a double-precision reference."""

from benchmarks.level_search import levels_of_account
from benchmarks.pricing import cells, crossover
from benchmarks.scanning import growth, ladder, scan
from benchmarks.whole_job import threads, whole

WORKLOADS = {"cells": cells, "crossover": crossover, "scan": scan, "ladder": ladder, "levels": levels_of_account,
             "whole": whole, "threads": threads, "growth": growth}
