# Two commands are enough: `make run` serves Amparo with its exercise, `make test` runs the suite.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export AMPARO_SHARED ?= ../shared

.PHONY: run exercise test test-long test-soak test-postgres lighthouse check bench pictures setup setup-dev assets messages lock clean

# The exercise, until there is an installation of one's own around it (amparo begin).
run: setup
	@if [ -z "$$AMPARO_HOME" ] && [ -d var/keys ]; then export AMPARO_HOME=var; fi; \
	if [ "$$AMPARO_HOME" != var ]; then export AMPARO_HOME=$${AMPARO_HOME:-var/exercise}; exercise=--exercise; fi; \
	$(BIN)/amparo init $$exercise --quiet && $(BIN)/amparo serve

exercise: setup
	@export AMPARO_HOME=var/exercise; $(BIN)/amparo init --exercise --quiet && $(BIN)/amparo serve

setup: .venv/.runtime .venv/.assets .venv/.messages
setup-dev: .venv/.dev .venv/.assets .venv/.messages

.venv/bin/python:
	@echo "Preparando el entorno de Python (una sola vez)..."
	@$(PYTHON) -m venv .venv

.venv/.uv: | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv && touch $@

.venv/.runtime: requirements.txt pyproject.toml | .venv/.uv
	@echo "Instalando lo que Amparo necesita..."
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --require-hashes -r requirements.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo "Instalando lo que las pruebas necesitan..."
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

ASSET_SOURCES := $(shell find amparo/toolkit/assets -type f 2>/dev/null) package.json package-lock.json vite.config.js
.venv/.assets: $(ASSET_SOURCES) .venv/.runtime
	@echo "Construyendo estilos..."
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build
	@touch $@
assets: .venv/.assets

CATALOGUES := $(shell find amparo/locale -name '*.po' 2>/dev/null)
.venv/.messages: $(CATALOGUES) .venv/.runtime
	@$(BIN)/pybabel --quiet compile --directory amparo/locale --domain django
	@touch $@
messages: .venv/.messages

test: setup-dev
	@$(BIN)/python -m pytest -n 2 --dist loadfile

test-long: setup-dev
	@$(BIN)/python -m pytest -m long --timeout=3600

test-soak: setup-dev
	@$(BIN)/python -m pytest -m soak --timeout=7200

test-postgres: setup-dev
	@$(BIN)/python tests/postgres.py -- $(BIN)/python -m pytest -n 2 --dist loadfile

# The only thing that needs the registry again: a tool of 180 MB that nothing else uses.
lighthouse: setup-dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm install --silent --no-audit --no-fund --prefix .venv/lighthouse lighthouse@13.5.0
	@$(BIN)/python -m pytest tests/test_lighthouse.py -m long -rP -q

check: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check . --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m django makemigrations --check --dry-run --settings amparo.config.settings
	@$(BIN)/python tools/messages.py check
	@$(BIN)/python tools/lockfiles.py
	@echo "Todo en orden."

# The pictures of the documents, from an exercise at a clock that stands still.
pictures: setup-dev
	@$(BIN)/python -m tools.pictures

bench: setup-dev
	@$(BIN)/python -m benchmarks

lock:
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv node_modules amparo/toolkit/static/amparo
