# Two targets do everything on a fresh machine: `make render` and `make test`. Python 3.11 or newer is all they ask for
# (`make test` also a Go toolchain, or a package index to take one from: it builds the tools that verify, once).
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup render verify lint test golden bench lock clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | sort | awk -F'|' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.done ## Make .venv with the locked dependencies and the gen command

.venv/.done: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gen needs Python 3.11 or newer. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

render: setup ## Render every committed environment of every platform into output/
	$(BIN)/gen render

verify: setup ## Check the rendered trees with every tool and rule, offline
	$(BIN)/gen verify

lint: setup ## Format, lint and type checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: setup lint ## Everything: lint, types, tests with the real tools, the committed trees
	$(BIN)/gen tools install
	$(BIN)/gen render --check
	$(BIN)/gen verify
	$(BIN)/python tests/edge/edge_runtime.py
	$(BIN)/pytest -n auto

golden: setup ## Write the golden trees of the tests again; review the diff
	$(BIN)/pytest -q tests/golden --regenerate

bench: setup ## Measure; see benchmarks/README.md
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.templating
	$(BIN)/python -m benchmarks.render
	$(BIN)/python -m benchmarks.verify
	$(BIN)/python -m benchmarks.forms

lock: ## Pin all dependencies again, for every supported Python (needs uv)
	uv pip compile --quiet --universal --generate-hashes --all-extras --no-annotate \
	  --custom-compile-command 'make lock' pyproject.toml -o requirements.lock

clean: ## Remove what the targets made, except output/
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
