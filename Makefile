# The environment is made from the lock file when it is missing or older than the lock; nothing else has to be installed.
# PYTHON is the first of these that runs: a version manager may have placeholders on the path for what is not selected.
PYTHON ?= $(shell for version in 3.11 3.12 3.13 3; do "python$$version" -c '' 2>/dev/null && echo "python$$version" && break; done)
PROFILE ?= quick
OUTPUT ?= results
WORKERS ?=
SELECT ?=
PORT ?= 5000
BOM ?= bom.json
SITE ?= site
# the order of sets, hence of the parts of a program: where it differs, tests find few programs in the compile cache
PYTHONHASHSEED ?= 0

unvanish := .venv/bin/unvanish
ready := .venv/ready

needs_python := unvanish needs Python 3.11, 3.12 or 3.13; install one with "uv python install 3.13" or "pyenv install 3.13", or name one that is there: make PYTHON=/path/to/python3.13

.DEFAULT_GOAL := help
.PHONY: help setup bench report ui explain compare plan reference reproduce validate corpus peers growth scale torture test test-slow numbers pictures docs lint audit clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: $(ready) ## make .venv from the lock file

bench: $(ready) ## train PROFILE (quick), track it and write OUTPUT/report.html; also WORKERS, SELECT
	$(unvanish) run "$(PROFILE)" --output "$(OUTPUT)"$(if $(WORKERS), --workers $(WORKERS))$(if $(SELECT), --select "$(SELECT)")

report: $(ready) ## write the report of OUTPUT again, from what is tracked
	$(unvanish) report --output "$(OUTPUT)"

ui: $(ready) ## open the runs of OUTPUT in MLflow on 127.0.0.1:PORT
	$(unvanish) ui --output "$(OUTPUT)" --port $(PORT)

explain: $(ready) ## work a tiny network through with numbers, forward and back; OUTPUT/explain.html
	$(unvanish) explain --output "$(OUTPUT)"

compare: $(ready) ## compare the benchmarks A and B (folders, run ids or names); fails if something solved became unsolved
	$(unvanish) compare "$(A)" "$(B)" --output "$(OUTPUT)"

plan: $(ready) ## show what PROFILE would train
	$(unvanish) plan "$(PROFILE)"

reference: $(ready) ## make the results that ship again: the profile reference, to docs/reference
	$(unvanish) run reference --output "$(OUTPUT)"$(if $(WORKERS), --workers $(WORKERS))
	.venv/bin/python docs/store.py "$(OUTPUT)"

reproduce: $(ready) ## measure known results again; OUTPUT/reproduction.html
	$(unvanish) reproduce --output "$(OUTPUT)"$(if $(WORKERS), --workers $(WORKERS))

validate: $(ready) ## measure what diagnoses predict: retrain what failed with one thing changed; OUTPUT/validation.html
	$(unvanish) validate --output "$(OUTPUT)"$(if $(WORKERS), --workers $(WORKERS))

corpus: $(ready) ## score the diagnosis of Keras models on the programs of tests/diagnosis
	TF_NUM_INTRAOP_THREADS=1 .venv/bin/python -m tests.diagnosis.corpus --output tests/diagnosis/measured
	TF_NUM_INTRAOP_THREADS=1 .venv/bin/python -m tests.diagnosis.reported --output tests/diagnosis/measured
	TF_NUM_INTRAOP_THREADS=1 .venv/bin/python -m tests.diagnosis.drawn --output tests/diagnosis/measured

peers: $(ready) ## time this suite against Keras and, where they are installed, PyTorch and JAX
	.venv/bin/python -m tests.performance.peers

growth: $(ready) ## time this suite with ever more time steps, trials, hidden units and workers
	.venv/bin/python -m tests.performance.growth --figure tests/performance/measured/growth.svg

scale: $(ready) ## measure plan, resume check, report and pages on stores of up to 100,000 trials in which nothing was trained (hours, 10 GB)
	.venv/bin/python -m tests.performance.scale --output tests/performance/measured/scale.json

torture: $(ready) ## kill, lock, fill and damage runs at random moments, TRIES times (3); fails if anything is lost, double or left; also FAULT, SEED
	.venv/bin/python -m tests.faults.torture$(if $(TRIES), --tries $(TRIES))$(if $(FAULT), --fault "$(FAULT)")$(if $(SEED), --seed $(SEED))

test: $(ready) ## run the tests that take less than ten minutes together
	PYTHONHASHSEED=$(PYTHONHASHSEED) .venv/bin/python -m pytest -m "not slow" --numprocesses auto --dist loadscope --durations 25

test-slow: $(ready) ## run the slow tests: whole benchmarks, faults, a browser, PostgreSQL (both are installed where they are missing and apt-get is there)
	@command -v chromium >/dev/null || { apt-get update && apt-get install --yes chromium; } >/dev/null
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || ! command -v apt-get >/dev/null || { apt-get update && apt-get install --yes postgresql; } >/dev/null
	PYTHONHASHSEED=$(PYTHONHASHSEED) .venv/bin/python -m pytest -m slow --numprocesses 2 --dist loadscope --durations 25

numbers: $(ready) ## write the numbers of README and docs again, from the results that docs and tests store
	.venv/bin/python docs/write_numbers.py

pictures: $(ready) ## make the pictures of README and docs again from OUTPUT
	.venv/bin/python docs/pictures.py "$(OUTPUT)"

docs: $(ready) ## write README, the guides and the interface as pages that need no network, to SITE/index.html (site)
	.venv/bin/python -m sphinx --quiet --fail-on-warning --keep-going --conf-dir docs --doctree-dir "$(SITE)/.doctrees" . "$(SITE)"

lint: $(ready) ## check style and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

audit: $(ready) ## look for known vulnerabilities in what the lock names, and write its bill of materials to BOM (bom.json)
	.venv/bin/python -m tests.audit requirements.lock "$(BOM)"

clean: ## remove the environment and caches; results stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache

$(ready): requirements.lock
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] not in [(3, 11), (3, 12), (3, 13)])' 2>/dev/null || { echo '$(needs_python)' >&2; exit 2; }
	@echo 'Setting up .venv from requirements.lock, once; this takes a few minutes and 3 GB.'
	@rm -rf .venv
	@"$(PYTHON)" -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(ready)
