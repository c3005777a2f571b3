# Every target works on a fresh machine that has Python 3.11 or newer, and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A stamp instead of the folder: the environment is made again when what goes into it changes.
READY := $(VENV)/.ready
# How many processes run tests: most of those that need a server wait, the others do not.
PROCESSES ?= 4
# Percent of the package's lines and branches that the tests of `test` must reach.
FLOOR := 97
# A process that has no more tests takes some of the others', so that none is left with a long file at the end.
PYTEST = $(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist worksteal
# Without what has targets of its own.
TESTS := not slow and not browser and not soak
# The same truths for each message, each transport and many simulated networks.
REPEATED := tests/wire tests/chaos tests/rpc/test_conformance.py
# Without byte code each process of the tests, and each that they start, would compile all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install run expenses test quick slow browser server coverage check lint types verifytypes format matrix bridge docs protos bench soak ledger clean

help:  ## Show what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: $(READY)  ## Make the environment in .venv

run: $(READY)  ## Start a server and a worker, run the quickstart's activities, and end
	$(BIN)/python examples/quickstart.py

expenses: $(READY)  ## Start the expense approval app with its page, until Ctrl-C
	$(BIN)/python -m examples.expenses

test: lint types  ## Lint, types and the tests, but for those that have targets of their own
	$(PYTEST) -m "$(TESTS)"

quick: PROCESSES := 3
quick: $(READY)  ## The tests for each edit: without a server, processes of their own, and what repeats a truth for many inputs
	$(PYTEST) $(REPEATED:%=--ignore %) -m "not server and not process and $(TESTS)"

slow: PROCESSES := 2
slow: $(READY)  ## Restarts, outages and connection turnovers of the real server, each for many seconds
	$(PYTEST) -m "slow and not browser and not soak"

browser: $(READY)  ## The example's page in a real browser; needs Chromium and its driver
	$(BIN)/python -m pytest -m "browser and not soak"

server: $(READY)  ## The tests that need the server
	$(PYTEST) -m "server and $(TESTS)"

coverage: $(READY)  ## The tests of `test` with the branch coverage of the hand-written package, which must not fall
	$(PYTEST) -m "$(TESTS)" --cov --cov-report=term --cov-fail-under=$(FLOOR)

check: test  ## What must be green before a commit

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell

types: $(READY)
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini

verifytypes: $(READY)  ## Pyright's opinion: whether every public name has a declared type
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[pyright]'
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/pyright --verifytypes asyncworker --ignoreexternal

format: $(READY)  ## Format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

matrix:  ## The tests on Python 3.11, 3.12 and 3.13, each in an environment of its own
	scripts/matrix.sh

bridge:  ## The bridge to temporalio on its oldest and newest version, with activities that others wrote
	PYTHON="$(PYTHON)" scripts/bridge.sh

docs: $(READY)  ## Build the documentation site with its API reference into build/site
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

protos: $(READY)  ## Generate asyncworker/_proto
	$(BIN)/python scripts/generate_protos.py

bench: $(READY)  ## Compare with temporalio: ratios from interleaved runs, in minutes
	$(BIN)/python -m benchmarks.vs_temporalio

soak: $(READY)  ## Connection turnovers, restarts and outages under load, for minutes
	$(BIN)/python -m pytest -m soak
	$(BIN)/python -m benchmarks.soak

ledger: $(READY)  ## 30,000 starts under rolling restarts, kills and stalls, each accounted for, in half an hour
	$(BIN)/python -m benchmarks.ledger

clean:  ## Remove what is generated, the environment included
	rm -rf $(VENV) .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
