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
.PHONY: help demo test check format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## send signed deliveries of every provider to a real server
	@$(BIN)/webhook-kit demo $(ARGS)

test: $(STAMP) ## run the whole suite; ARGS="-k name" for a part, COVERAGE=1 to measure
	@$(PYTEST) $(ARGS)
ifdef COVERAGE
	@$(BIN)/coverage report
endif

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
