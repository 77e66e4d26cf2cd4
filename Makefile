# Everything that a person or CI runs. `make demo` and `make test` need only Python >= 3.11 and Node >= 20.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ./demo-data
PORT ?= 8080
# One more than there are cores: many tests wait for processes that they have started.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

WEB_SOURCES := $(shell find web/src web/index.html web/package.json web/vite.config.ts -type f 2>/dev/null)

.PHONY: help demo test checks lint types imports web-types web-lint web-tests web-tests-1 web-tests-2 python-tests e2e prove bench screens wheel api format clean

help:  ## show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(VENV)/.run: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.run

# Processes that are started again and again read compiled modules, also where writing them on import is switched off.
.PHONY: compiled
compiled: $(VENV)/.run
	@$(BIN)/python -m compileall -q src

web/node_modules/.installed: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

src/fidelia/web_dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run build

demo: compiled src/fidelia/web_dist/index.html  ## start with a real retailer's data, and stay in the foreground
	$(BIN)/fidelia up --data $(DATA) --port $(PORT) --demo

test: $(VENV)/.dev web/node_modules/.installed  ## every test that a change must pass
	$(MAKE) compiled src/fidelia/web_dist/index.html
	@echo "The checks go beside the browser tests; what they say follows those"
	@$(MAKE) checks > $(VENV)/checks.log 2>&1 & checks=$$!; \
	$(MAKE) e2e; browser=$$?; wait $$checks; others=$$?; cat $(VENV)/checks.log; exit $$((browser + others))
	$(MAKE) -j2 --output-sync=target web-tests-1 web-tests-2
	$(MAKE) python-tests

# Browser tests leave a part of the processors idle: these take it.
checks:
	$(MAKE) -j2 --output-sync=target web-lint types web-types imports lint

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

python-tests: $(VENV)/.dev compiled src/fidelia/web_dist/index.html
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 15 -m "not prove and not e2e" tests

web-types: web/node_modules/.installed
	cd web && npm run typecheck

web-lint: web/node_modules/.installed
	cd web && npm run lint

web-tests: web/node_modules/.installed
	cd web && npm run test

# Two halves at once: files of one process share what they have loaded.
web-tests-1 web-tests-2: web/node_modules/.installed
	cd web && npm run test -- --shard=$(lastword $(subst -, ,$@))/2

e2e: $(VENV)/.dev compiled src/fidelia/web_dist/index.html
	@command -v chromium-headless-shell >/dev/null || ./tests/e2e/install-browser.sh || command -v chromium
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --durations 10 -m "e2e and not prove" tests/e2e

prove: $(VENV)/.dev compiled src/fidelia/web_dist/index.html  ## the long proofs: kill -9, large data, the wheel alone
	$(BIN)/pytest -m prove --timeout 3600 tests

bench: $(VENV)/.dev compiled  ## speeds, each beside its reference in the same run
	$(BIN)/python -m bench

screens: $(VENV)/.dev compiled src/fidelia/web_dist/index.html  ## pictures of every page into ./screens
	@command -v chromium-headless-shell >/dev/null || ./tests/e2e/install-browser.sh || command -v chromium
	$(BIN)/python -m tests.e2e.screens

wheel: $(VENV)/.dev src/fidelia/web_dist/index.html  ## the one artefact, in dist/
	FIDELIA_WEB=require $(BIN)/python -m build -w

api: $(VENV)/.dev web/node_modules/.installed  ## write the OpenAPI document and the web's types from it
	$(BIN)/python -m fidelia.api.openapi web/src/api/openapi.json
	cd web && npm run api

format: $(VENV)/.dev
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

clean:
	rm -rf $(VENV) web/node_modules src/fidelia/web_dist dist build
