# make run    the app on http://localhost:8501 (PORT), accounts in DATABASE_URL or data/marginscope.db
# make test   every check: lint, types, tests, browser journeys; WORKERS at a time, one more than there are cores, three to five
# make bench  our functions beside the peers, as ratios; what a user waits for: benchmarks/README.md

PYTHON ?= python3
PORT ?= 8501
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); if [ $$n -gt 4 ]; then echo 5; elif [ $$n -lt 2 ]; then echo 3; else echo $$((n + 1)); fi)
BIN := .venv/bin

.PHONY: run test bench lint clean

run: .venv/run.stamp
	@echo "Marginscope: http://localhost:$(PORT)  (stop with Ctrl-C)"
	@PORT=$(PORT) $(BIN)/python serve.py

test: .venv/dev.stamp lint
	@bash tests/browser/chromium.sh
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov=risk_core --cov=db --cov-branch --cov-fail-under=95 --cov-report=term:skip-covered

lint: .venv/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: .venv/bench.stamp
	@$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage static/plotly.min.js

.venv/made.stamp:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and '$(PYTHON)' was not found: install it or say make PYTHON=…"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Say make PYTHON=…"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing: on Debian, apt-get install python3-venv"; exit 2; }
	@$(PYTHON) -m venv .venv && touch $@

.venv/run.stamp: .venv/made.stamp requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt || { echo "Installing requirements.txt failed: is the package index reachable?"; exit 2; }
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt || { echo "Installing requirements-dev.txt failed: is the package index reachable?"; exit 2; }
	@touch $@

.venv/bench.stamp: .venv/dev.stamp requirements-bench.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt || echo "Some peers could not be installed; they are left out of the table."
	@touch $@
