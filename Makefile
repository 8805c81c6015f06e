# Papertape: `make run` starts a station, `make test` runs every test. Both set up what they need.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.run-stamp
DEV_STAMP := $(VENV)/.dev-stamp
UV_STAMP := $(VENV)/.uv-stamp
FUZZ_STAMP := $(VENV)/.fuzz-stamp
DIST_STAMP := $(VENV)/.dist-stamp
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: gen help run demo check test proof sim captures fuzz lint format bench dist requirements clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: $(RUN_STAMP)  ## start a TWS station on 127.0.0.1:7497 over the recorded market (ARGS="--speed 10" …)
	@exec $(VENV)/bin/papertape serve --market market/sample $(ARGS)

demo: $(RUN_STAMP)  ## run the client's journey against a station (ARGS="--port 7497")
	@exec $(VENV)/bin/papertape demo $(ARGS)

# Tests start hundreds of processes: they share what Python has compiled, also where it shall not
# write beside the sources.
COMPILED := PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/.cache/compiled

# A time-out ends what hangs; on a busy machine everything is late, and nothing may fail of that.
PYTEST := $(COMPILED) $(PY) -m pytest --no-loadscope-reorder --timeout 900
FILES := -n 3 --dist loadfile

check: $(DEV_STAMP)  ## a minute: tests without sockets, processes, searches and what takes longer (ARGS="-k wire" chooses)
	PAPERTAPE_LANE=check $(PYTEST) -n 2 --dist loadfile $(ARGS)

test: $(DEV_STAMP)  ## 9 minutes: each thing once, with a browser and other people's clients (ARGS as above)
	PAPERTAPE_LANE=test $(PYTEST) $(FILES) $(ARGS)

proof: $(DEV_STAMP)  ## 3 hours: searches (kills, cuts, random days), all clients and rows (QUICK=1: 5 minutes; KILLS=…; ARGS)
	PAPERTAPE_LANE=$(if $(QUICK),quick,proof) $(if $(KILLS),PAPERTAPE_KILLS=$(KILLS)) \
	  $(PYTEST) -n 2 --dist worksteal $(if $(QUICK),,-vv) $(ARGS)

captures: $(DEV_STAMP)  ## play captured sessions against a station and compare (FOLDER=…; ARGS=--all)
	PYTHONPATH=tests:. $(PY) -m golden.captures $(FOLDER) $(ARGS)

sim: $(DEV_STAMP)  ## play one seeded world of orders and tell each step (SEED=7 STEPS=60)
	@cd tests && PYTHONPATH=. ../$(PY) -m simulation.order_worlds $(or $(SEED),1) $(or $(STEPS),60)

fuzz: $(FUZZ_STAMP)  ## fuzz the wire (SECONDS=60 for each target; TARGET="framing client" to choose)
	$(PY) -m fuzz --seconds $(or $(SECONDS),60) $(TARGET)

lint: $(DEV_STAMP)  ## ruff format and check, mypy --strict on src
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

format: $(DEV_STAMP)  ## let ruff format and mend what it can
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

# `make bench services` names suites; ARGS="load --minutes 1" gives them options.
ifeq ($(firstword $(MAKECMDGOALS)),bench)
SUITES := $(filter-out bench,$(MAKECMDGOALS))
.PHONY: $(SUITES)
$(SUITES): bench ; @:
endif

bench: $(DEV_STAMP)  ## measure, peers beside us in the same run: make bench services (minutes; results in bench/out)
	$(COMPILED) $(PY) -m bench $(SUITES) $(ARGS)

gen: $(DEV_STAMP)  ## write the generated modules and tables
	$(PY) scripts/build_ibapi.py
	$(PY) scripts/build_codes.py
	$(PY) scripts/build_attributes.py
	$(PY) scripts/build_order_types.py
	$(PY) scripts/build_generic_ticks.py
	$(PY) scripts/build_messages.py
	$(PY) scripts/build_settings.py
	$(PY) scripts/build_kinds.py
	$(PY) scripts/build_lookups.py
	$(PY) scripts/build_requests.py

dist: $(DIST_STAMP)  ## build wheel and source archive twice, compare the bytes, check what is shown of them
	$(PY) scripts/build_dist.py
	$(PY) -m twine check --strict dist/*

requirements: $(UV_STAMP)  ## pin the dependencies (needs uv)
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m uv pip compile -q --generate-hashes --universal \
	  --no-emit-index-url --no-emit-find-links --python-version 3.11 --extra all \
	  -o requirements/run.txt requirements/run.in pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m uv pip compile -q --generate-hashes --universal \
	  --no-emit-index-url --no-emit-find-links --python-version 3.11 --extra all \
	  -c requirements/run.txt -o requirements/dev.txt requirements/dev.in requirements/run.in pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m uv pip compile -q --generate-hashes --universal \
	  --no-emit-index-url --no-emit-find-links --python-version 3.11 --only-binary :all: \
	  -c requirements/dev.txt -o requirements/fuzz.txt requirements/fuzz.in
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m uv pip compile -q --generate-hashes --universal \
	  --no-emit-index-url --no-emit-find-links --python-version 3.11 \
	  -c requirements/dev.txt -o requirements/dist.txt requirements/dist.in
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m uv pip compile -q --generate-hashes --universal \
	  --no-emit-index-url --no-emit-find-links --python-version 3.11 --extra server \
	  -c requirements/run.txt -o requirements/serve.txt pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m uv pip compile -q --generate-hashes --universal \
	  --no-emit-index-url --no-emit-find-links --python-version 3.11 \
	  -c requirements/run.txt -o requirements/build.txt requirements/build.in
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m uv pip compile -q --generate-hashes --universal \
	  --no-emit-index-url --no-emit-find-links --python-version 3.11 \
	  -c requirements/dev.txt -o requirements/uv.txt requirements/uv.in

clean:  ## remove the environment and every cache
	rm -rf $(VENV) dist .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Papertape needs Python 3.11 or newer; try: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

# uv installs in seconds what takes pip a minute. It reads no pip.conf: where it finds no index, pip does it.
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
PINNED := --require-hashes --only-binary :all: -r
UV := UV_HTTP_TIMEOUT=20 UV_HTTP_RETRIES=1 $(PY) -m uv pip install --quiet --no-config --system-certs --python $(PY)
OURSELVES := --no-deps --no-build-isolation -e .

$(UV_STAMP): requirements/uv.txt | $(VENV)/bin/python
	$(PIP) $(PINNED) requirements/uv.txt
	@touch $@

$(RUN_STAMP): requirements/run.txt pyproject.toml $(UV_STAMP)
	$(UV) --compile-bytecode $(PINNED) requirements/run.txt || $(PIP) $(PINNED) requirements/run.txt
	$(UV) $(OURSELVES) || $(PIP) $(OURSELVES)
	@touch $@

$(DEV_STAMP): requirements/dev.txt pyproject.toml $(UV_STAMP)
	$(UV) $(PINNED) requirements/dev.txt || $(PIP) --no-compile $(PINNED) requirements/dev.txt
	$(UV) $(OURSELVES) || $(PIP) $(OURSELVES)
	@touch $@ $(RUN_STAMP)

$(FUZZ_STAMP): requirements/fuzz.txt $(DEV_STAMP)
	$(UV) $(PINNED) requirements/fuzz.txt || $(PIP) $(PINNED) requirements/fuzz.txt
	@touch $@

$(DIST_STAMP): requirements/dist.txt $(DEV_STAMP)
	$(UV) $(PINNED) requirements/dist.txt || $(PIP) $(PINNED) requirements/dist.txt
	@touch $@
