# Needs only python3 >= 3.11, make and the package registries. Every target does its own set-up, once.

PYTHON ?= python3
PYTEST_ARGS ?=
LOCK_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := $(VENV)/.uv

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup test cover lint demo bench soak lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## make .venv with everything that the lock file names, and gonogo itself

test: $(READY) ## run the tests; options for pytest go into PYTEST_ARGS="..."
	$(BIN)/python -m pytest $(PYTEST_ARGS)

cover: $(READY) ## run the tests of the core alone: they take every branch of it, or this fails
	$(BIN)/python -m pytest -q tests/domain -n 2 --cov --cov-fail-under=100

lint: $(READY) ## check style, formatting, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

demo: $(READY) ## run a whole release life twice: simulated and in real time
	$(BIN)/gonogo demo

bench: $(READY) ## measure it against a bare Temporal workflow: a table and a chart
	$(BIN)/python -m bench

soak: $(READY) ## kill worker and server again and again while releases run (long)
	$(BIN)/python -m pytest -m soak -o faulthandler_timeout=0 $(PYTEST_ARGS)

lock: $(UV) ## resolve pyproject.toml again into requirements.lock; LOCK_ARGS=--upgrade takes newer versions
	@test -x $(BIN)/uv || { echo "make lock needs uv, which could not be installed (see above)" >&2; exit 1; }
	@echo "==> Resolving pyproject.toml into requirements.lock"
	$(BIN)/uv pip compile --system-certs pyproject.toml --extra worker --group dev --universal --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --quiet $(LOCK_ARGS) -o requirements.lock

clean: ## remove .venv, caches and built files
	rm -rf $(VENV) dist build .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache bench/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The pin of uv stands in pyproject.toml alone: its version and hashes are taken from the lock file made of it. pip does
# the same work, only slower, where uv cannot be installed or cannot reach the registry: uv reads no pip.conf.
$(UV): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gonogo needs Python 3.11 or newer, but $(PYTHON) is %d.%d: name another with make PYTHON=..." % sys.version_info[:2])'
	@test -x $(BIN)/pip || { echo "==> Making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "==> Installing uv"
	@awk '/^[^ #]/ {keep = /^uv==/} keep' requirements.lock > $(VENV)/uv.txt
	@awk '/^[^ #]/ {keep = !/^uv==/} keep' requirements.lock > $(VENV)/without-uv.txt
	@$(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/uv.txt \
		|| echo "==> uv cannot be installed here: going on with pip"
	@touch $@

$(READY): $(UV) requirements.lock pyproject.toml
	@echo "==> Installing what requirements.lock names: about 80 packages, 10 s to a few minutes the first time"
	@if test -x $(BIN)/uv && $(BIN)/uv pip install --system-certs --python $(BIN)/python --require-hashes -r requirements.lock; \
	then :; else \
		echo "==> Installing with pip"; \
		$(BIN)/python -m pip install --require-hashes -r $(VENV)/without-uv.txt; \
	fi
	@echo "==> Installing gonogo itself"
	@$(BIN)/python -m pip install --quiet --no-index --no-deps --no-build-isolation -e .
	@touch $@
	@echo "==> Ready"
