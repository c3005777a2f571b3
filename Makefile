# Every target works on a fresh machine that has Python 3.11 or newer, and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A stamp instead of the folder: the environment is made again when what goes into it changes.
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help install run expenses test quick check lint types verifytypes format matrix bridge docs protos bench soak ledger clean

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

test: lint types  ## Lint, types and all tests
	$(BIN)/python -m pytest

quick: $(READY)  ## The tests that need neither server nor browser
	$(BIN)/python -m pytest -m "not server and not browser and not slow and not soak"

check: test  ## What must be green before a commit

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell

types: $(READY)
	$(BIN)/mypy

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
