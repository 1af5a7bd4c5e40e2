# Two commands matter on a fresh machine with Python >= 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo run test check bench bench-quick docs lock clean

help: ## what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## the main job on real protocols, embedded: submit, deliver, bring statuses back
	$(BIN)/hub demo $(ARGS)

run: $(READY) ## the hub with the reference district and its simulated departments; Ctrl-C stops it
	$(BIN)/hub run --simulate $(ARGS)

test: $(READY) ## the whole test suite; real services are used where they are installed
	$(BIN)/python -m pytest $(ARGS)

check: $(READY) ## format, linters, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(READY) ## the benchmark tables, both back ends where their addresses are given
	$(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(READY) ## a smoke run of the benchmarks, no thresholds
	$(BIN)/python -m benchmarks --quick $(ARGS)

docs: $(READY) ## check that every example and link in the documentation holds
	$(BIN)/python -m pytest tests/docs -q

lock: ## renew requirements.lock and the image's part of it from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	uv pip compile pyproject.toml -c requirements.lock --universal --generate-hashes --no-emit-index-url --no-header -q -o docker/requirements.lock

clean: ## remove what the targets above made
	rm -rf $(VENV) var
