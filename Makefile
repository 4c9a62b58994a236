# The words that a developer types. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help setup check lint types format test soak bench ci

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv with everything a developer needs
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet -c constraints.txt -e '.[test,dev,fast]'

check: lint types ## lint, format and types

lint: ## rules and format, changing nothing
	$(RUN) ruff check
	$(RUN) ruff format --check

types: ## mypy, strict
	$(RUN) mypy

format: ## put the code into shape
	$(RUN) ruff check --fix
	$(RUN) ruff format

test: ## every test but the long ones
	$(RUN) pytest

soak: ## the long tests
	$(RUN) pytest -m soak

bench: ## measure the core loop, the formats and SFTP; two minutes
	PYTHONPATH=. $(VENV)/bin/python bench/core_loop.py
	PYTHONPATH=. $(VENV)/bin/python bench/formats.py
	PYTHONPATH=. $(VENV)/bin/python bench/sftp.py

ci: ## what the build machine runs
	.ci/run
