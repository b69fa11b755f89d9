# Needs nothing but Python (3.10 or newer) and make. `make help` lists the targets.
# .venv belongs to this file: it is rebuilt when the checkout has moved or PYTHON has changed,
# and brought up to date when pyproject.toml or constraints.txt has.

PYTHON  ?= python3
WORKERS ?= 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test test-slow lint format docs bench clean stale

venv := .venv
bin  := $(venv)/bin
made := $(venv)/.made
lightning_1 := $(venv)/lightning-1.9.5

# One thread a process: results do not depend on the machine, and the workers do not fight over cores.
# One hash seed: the workers have to agree on the names of tests, which may show a set.
pytest := OMP_NUM_THREADS=1 PYTHONHASHSEED=0 $(bin)/python -m pytest

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(venv)/.with-examples ## train a digits classifier three ways and compare them
	@$(bin)/groundwire demo

test: $(venv)/.with-test $(lightning_1) ## run the tests
	@$(pytest) -q -n $(WORKERS)

test-slow: $(venv)/.with-test ## run the tests that take long
	@$(pytest) -q -m slow || { code=$$?; test $$code -eq 5 && echo "no test is marked slow"; }

lint: $(venv)/.with-dev ## check style, format and types
	@$(bin)/ruff check --quiet
	@$(bin)/ruff format --check --quiet || { echo "make format puts these right:"; $(bin)/ruff format --check; exit 1; }
	@$(bin)/mypy

format: $(venv)/.with-dev ## put style and format right
	@$(bin)/ruff check --fix --quiet
	@$(bin)/ruff format

docs: $(venv)/.with-docs ## build the documentation into build/docs
	@$(bin)/sphinx-build -q -W --keep-going -b html docs build/docs && echo "open build/docs/index.html"

bench: $(venv)/.with-bench ## run every benchmark
	@set -e; for file in benchmarks/*.py; do \
		test -e "$$file" || { echo "there are no benchmarks"; break; }; \
		echo "· $$file"; $(bin)/python "$$file"; \
	done

clean: ## remove .venv, builds and caches
	@rm -rf $(venv) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find src adapters tests docs examples benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# The environment. A stamp is written last, so what was interrupted is done again.

wanted := $(CURDIR) with $(PYTHON)
ifneq ($(shell test -x $(bin)/python && cat $(made) 2>/dev/null),$(wanted))
$(made): stale
endif

$(made):
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "groundwire needs Python 3.10 or newer, and there is no '$(PYTHON)' here: make PYTHON=/path/to/python …" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "groundwire needs Python 3.10 or newer, and '$(PYTHON)' is $$("$(PYTHON)" -V 2>&1): make PYTHON=/path/to/python …" >&2; exit 1; }
	@echo "· making $(venv) with $$("$(PYTHON)" -V)"
	@"$(PYTHON)" -m venv --clear $(venv)
	@echo "$(wanted)" > $@

# Lightning 1, which tests of its programs ask, in a folder of its own: the environment has today's Lightning.
$(lightning_1): $(venv)/.with-test
	@echo "· installing Lightning 1.9.5 into $@"
	@rm -rf $@.part
	@$(bin)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $@.part \
		pytorch-lightning==1.9.5 'setuptools<80' \
		&& rm -rf $@ && mv $@.part $@ && touch $@ \
		|| echo "· Lightning 1.9.5 cannot be had here, so the tests that ask it are skipped"

$(venv)/.with-%: $(made) pyproject.toml constraints.txt
	@echo "· installing groundwire[$*]"
	@$(bin)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$*]'
	@touch $@
