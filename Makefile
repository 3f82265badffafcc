# Every target also works by hand; README gives the plain commands.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SCENARIO ?= scenarios/upland
RUN ?= runs/upland-base
COLDCHAIN_SHARED ?= ../shared
export COLDCHAIN_SHARED
# Compiled modules are kept: every worker and child process of the tests would otherwise compile all of them anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: fuzz help install plan real check test test-all bench notebooks docs clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("coldchain needs Python 3.11 or later; set PYTHON=") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,report]'
	$(BIN)/coldchain doctor --compile
	@touch $@

install: $(STAMP)  ## create .venv with the command `coldchain` in it, kernels compiled

plan: $(STAMP)  ## plan the shipped scenario; prints the key figures and where the map lies
	$(BIN)/coldchain plan $(SCENARIO) --out $(RUN)

real: $(STAMP)  ## import and plan real input: Andorra (roads) and Xiangxi (villages)
	$(BIN)/python benchmarks/real.py

check: $(STAMP)  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(STAMP)  ## the tests, seven to nine minutes on two cores; prints seconds by room
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m 'not slow'

test-all: $(STAMP)  ## the tests and the long proofs, with coverage
	$(BIN)/python -m pytest -q -n 2 --cov --cov-report=term-missing:skip-covered

bench: $(STAMP)  ## the measurements of docs/benchmarks.md
	$(BIN)/python benchmarks/roads.py
	$(BIN)/python benchmarks/siting.py
	$(BIN)/python benchmarks/upland.py

fuzz: $(STAMP)  ## 3,000 damaged inputs and 200 random counties
	$(BIN)/python -m benchmarks.fuzz_readers
	$(BIN)/python benchmarks/fuzz_counties.py 200

notebooks: $(STAMP)  ## run the notebooks and write their .ipynb anew
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[notebooks]'
	$(BIN)/python notebooks/run.py --pair

docs: $(STAMP)  ## write the data dictionary, the list of result columns and the page of the Python interface anew
	$(BIN)/python -m coldchain.model.dictionary > docs/dictionary.md
	$(BIN)/python -m coldchain.runs.columns_page > docs/tables.md
	$(BIN)/python -m coldchain.api.page > docs/api.md

clean:  ## remove the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
