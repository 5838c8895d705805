# `make clean` first, to choose another for an environment that is there already.
PYTHON ?= python3
ARGS ?=

BIN := .venv/bin
STAMP := .venv/.stamp
PYTEST := $(BIN)/python -m pytest
ifdef COVERAGE
PYTEST := $(BIN)/coverage run -m pytest
endif

.DEFAULT_GOAL := help
.PHONY: help demo test bench conformance faults reliability fuzz soak check format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## send signed deliveries of every provider to a real server
	@$(BIN)/webhook-kit demo $(ARGS)

test: $(STAMP) ## run the whole suite; ARGS="-k name" for a part, COVERAGE=1 to measure
	@$(PYTEST) $(ARGS)
ifdef COVERAGE
	@$(BIN)/coverage report
endif

bench: $(STAMP) ## measure, against bars; ARGS="--only stores" for a part, ARGS=--quick for a look
	@$(BIN)/python -m bench $(ARGS)

conformance: $(STAMP) ## try every case on every server, write docs/conformance.md; ARGS=--quick for a few
	@$(BIN)/python -m tests.conformance $(ARGS)

faults: $(STAMP) ## break networks, disks and servers under the stores; ARGS="-k redis" for a part
	@$(BIN)/python -m pytest -m faults tests/idempotency/faults $(ARGS)

reliability: $(STAMP) ## kill servers, check that nothing is lost or doubled; ARGS="--scale 0.1" for a tenth
	@$(BIN)/python -m tests.reliability $(ARGS)

fuzz: $(STAMP) ## send 20,000 odd requests to each provider; ARGS="--hypothesis-profile=brief" for 500
	@$(BIN)/python -m pytest -m fuzz tests/hostile --hypothesis-profile=thorough $(ARGS)

soak: $(STAMP) ## receive for ten minutes, check that memory does not grow; ARGS="--minutes 1" for a short form
	@$(BIN)/python -m tests.soak $(ARGS)

check: $(STAMP) ## lint, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pyright --project pyproject.toml

format: $(STAMP) ## format the code and sort its imports
	@$(BIN)/ruff check --quiet --select I --fix .
	@$(BIN)/ruff format .

clean: ## remove everything that make made
	@rm -rf .venv .venv.lock build dist *.egg-info .coverage .coverage.* htmlcov
	@rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml setup.py constraints.txt
	@$(PYTHON) tools/environment.py
