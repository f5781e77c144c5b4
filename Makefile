# Everything a newcomer types. Recipes are short; what is long is in scripts/.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
ARGS ?=
MINUTES ?= 1

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo sandbox run test packages node-clients check lint types rooms secrets audit format lock bench inspection container-check sbom fuzz clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/demo.stamp ## Start the demo city: provider, library, merchant (Ctrl-C ends it)
	@$(BIN)/taipei-id demo $(ARGS)

sandbox: $(VENV)/demo.stamp ## Start a sandbox for developers: people, test clients, faults
	@$(BIN)/taipei-id sandbox $(ARGS)

run: $(VENV)/demo.stamp ## Start the provider alone, with the settings of this shell
	@$(BIN)/taipei-id serve $(ARGS)

# The order is the point: what is quick to fail comes first, and pytest has the last word.
test: ## Prove it: system packages, lint, types, rooms, then the tests
	@$(MAKE) packages
	@$(MAKE) check
	@$(MAKE) node-clients
	@scripts/run-tests.sh $(BIN) $(WORKERS) $(ARGS)

packages: ## Install what the tests need from Debian (as root; else say what is missing)
	@scripts/system-packages.sh

node-clients: $(VENV)/dev.stamp
	@scripts/node-clients.sh $(BIN)

inspection: ## The official's forty checks, a line each
	@$(MAKE) packages node-clients
	@$(BIN)/python -m tests.inspection_day --workers $(WORKERS) $(ARGS)

check: lint types rooms secrets ## Lint, types, import contracts, secrets and advisories, without the tests
	@echo '== advisories'
	@$(BIN)/python -m tests.advisories --daily

lint: $(VENV)/dev.stamp ## Style: ruff's rules and format
	@echo '== lint'
	@$(BIN)/ruff check --output-format concise .
	@$(BIN)/ruff format --check --output-format concise .

types: $(VENV)/dev.stamp ## Types: mypy --strict, tests included
	@echo '== types'
	@$(BIN)/mypy

rooms: $(VENV)/dev.stamp ## The plan of the house: who may import whom
	@echo '== rooms'
	@$(BIN)/lint-imports --no-logo

secrets: $(VENV)/dev.stamp ## Secrets in what is, or may be, committed
	@echo '== secrets'
	@scripts/secrets.sh $(BIN)

audit: $(VENV)/dev.stamp ## Ask whether a locked package is known to be vulnerable
	@$(BIN)/python -m tests.advisories

format: $(VENV)/dev.stamp ## Rewrite the code in the house's format
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

lock: $(VENV)/dev.stamp ## Renew requirements/*.txt from setup.cfg
	@scripts/lock.sh $(BIN) $(ARGS)

bench: $(VENV)/dev.stamp ## Measure one sign-in: CPU time, statements, p95
	@$(BIN)/python -m bench $(ARGS)

container-check: ## Take the container file's steps in a folder (as root; debootstrap)
	@scripts/container-check.sh

sbom: $(VENV)/dev.stamp ## What an installation is made of, as CycloneDX: dist/sbom-*.json
	@scripts/sbom.sh $(BIN) dist

fuzz: $(VENV)/dev.stamp ## Throw bytes at every parser, MINUTES=1 each, two at a time
	@$(BIN)/python -m tests.fuzzing --seconds $$(($(MINUTES) * 60)) $(ARGS)

clean: ## Remove everything that make and the tests built
	rm -rf $(VENV) .demo .sandbox build dist *.egg-info .coverage .coverage.* htmlcov .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# A stamp is newer than the lock it was installed from, and than the rooms it made importable.
# dev contains demo.
INSTALLED_FROM := setup.cfg pyproject.toml $(wildcard */__init__.py)

$(VENV)/demo.stamp: requirements/demo.txt $(INSTALLED_FROM)
	@scripts/venv.sh $(VENV) requirements/demo.txt '$(PYTHON)'
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(INSTALLED_FROM)
	@scripts/venv.sh $(VENV) requirements/dev.txt '$(PYTHON)'
	@touch $(VENV)/demo.stamp $@
