# The two commands a newcomer needs are `make run` and `make test`; the rest is for working on the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= .
SERVICES := $(VENV)-services/bin/python -m pytest -q -s -p no:cacheprovider --timeout 900 --durations 5

.PHONY: run install test check format types faults services services-spark services-others bench lock clean

run: install
	$(BIN)/python . run --workspace $(WORKSPACE)

install: $(VENV)/run.done

$(VENV)/run.done: requirements/run.lock
	scripts/environment $(PYTHON) $(VENV) requirements/run.lock
	touch $@

$(VENV)/dev.done: requirements/run.lock requirements/dev.lock
	scripts/environment $(PYTHON) $(VENV) requirements/run.lock requirements/dev.lock
	touch $(VENV)/run.done $@

# Three workers keep two cores busy while a browser waits; tests/conftest.py puts the longest files first. Each process
# that a test starts would compile all modules again where no bytecode is kept.
test check: export PYTHONDONTWRITEBYTECODE :=

test: $(VENV)/dev.done
	scripts/browser
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

check: $(VENV)/dev.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(MAKE) --no-print-directory -j 2 types test

types: $(VENV)/dev.done
	$(BIN)/mypy .

format: $(VENV)/dev.done
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

faults: $(VENV)/dev.done
	DENOMINATOR_FULL=1 $(BIN)/python -m pytest -q -s --timeout 7200 tests/faults \
		tests/etl/test_gate.py tests/etl/test_load.py tests/etl/test_shared_archive.py tests/etl/test_propose_anything.py \
		tests/kpi/test_formula.py tests/kpi/test_oracle.py tests/kpi/test_scope_holds.py tests/kpi/test_rollups.py \
		tests/kpi/test_restatements.py

# Other hosts and other databases: a shared store, and the KPIs on Postgres, ClickHouse and Spark.
services: $(VENV)-services/services.done
	scripts/services
	$(MAKE) --no-print-directory -j 2 services-spark services-others

# Spark in a process of its own: it is planned on one core while the other databases are asked on the other. Its bridge to Java
# leaves its sockets to the garbage collector, and it has words about pandas, which nobody uses.
services-spark:
	$(SERVICES) -k spark -W ignore::ResourceWarning -W "ignore:PySpark does not yet fully support pandas:FutureWarning" \
		tests/services/test_*.py

services-others:
	$(SERVICES) -k "not spark" tests/services/test_*.py

$(VENV)-services/services.done: requirements/run.lock requirements/services.lock
	scripts/environment $(PYTHON) $(VENV)-services requirements/run.lock requirements/services.lock
	touch $@

bench: $(VENV)-bench/bench.done
	$(VENV)-bench/bin/python . bench loading
	$(VENV)-bench/bin/python . bench kpi

$(VENV)-bench/bench.done: requirements/run.lock requirements/bench.lock
	scripts/environment $(PYTHON) $(VENV)-bench requirements/run.lock requirements/bench.lock
	touch $@

lock:
	scripts/lock

clean:
	rm -rf $(VENV) $(VENV)-bench $(VENV)-services .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
