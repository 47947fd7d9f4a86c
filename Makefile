# Two commands do everything: `make demo` and `make test`. Python 3.11, 3.12 or 3.13 is all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo

.PHONY: demo test lint types unit setup clean

demo: $(VENV)/.installed
	rm -rf $(DEMO) && mkdir -p $(DEMO)
	cd $(DEMO) && $(CURDIR)/$(BIN)/pairec init
	cd $(DEMO) && $(CURDIR)/$(BIN)/pairec data generate --days 60
	cd $(DEMO) && $(CURDIR)/$(BIN)/pairec recommend --user 123
	cd $(DEMO) && $(CURDIR)/$(BIN)/pairec recommend --user 123 --explain
	cd $(DEMO) && $(CURDIR)/$(BIN)/pairec status

test: lint types unit

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-test
	$(BIN)/mypy

unit: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n 2

setup: $(VENV)/.installed-test

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
