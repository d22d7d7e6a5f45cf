# `make demo` and `make test` do all the set-up that they need; the rest is for developers (CONTRIBUTING.md).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# What pytest gets beside its configuration; `make test PYTEST='tests/wim -x'` runs a part.
PYTEST ?= --numprocesses=auto --dist=loadfile --no-loadscope-reorder
KAFKA ?=
# How much of each fault: ci, or long.
DOSE ?= long

# "yes" where the pages can be built: Vite needs that much.
NODE := $(shell node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a < 20 || (+a == 20 && +b < 19) ? 1 : 0)' \
	2>/dev/null && command -v npm >/dev/null && echo yes)

# numba looks only at a kernel's own file to see whether its compiled form is stale, not at the kernels that it calls.
# A folder per state of all kernels closes that gap.
KERNELS := $(sort $(wildcard src/*/kernels/*.py))
export NUMBA_CACHE_DIR ?= $(CURDIR)/.local/numba/$(firstword $(shell cat $(KERNELS) | cksum))

.DEFAULT_GOAL := help
# Every step installs into the one environment.
.NOTPARALLEL:
.PHONY: help demo pages test check format kafka kafka-jars lock upgrade chaos bench clean

help: ## say what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-16s %s\n", $$1, $$2 }'

demo: $(VENV)/.run ## see trucks weighed, judged, dispatched and counted, live; Ctrl-C ends it
ifdef NODE
	@$(MAKE) --no-print-directory pages || echo "the pages were not built (see above); the demo runs without them" >&2
endif
	@$(BIN)/wim demo

pages: .local/pages/.built ## build the pages for the browser (Node 20.19 or newer, npm)

test: $(VENV)/.dev ## run the tests; those that lack a server or a record are skipped and listed
	@$(BIN)/python -m pytest $(PYTEST)

check: $(VENV)/.dev ## lint, format, types, import arrows, locks; needs no network once set up
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/mypy --explicit-package-bases requirements deploy benchmarks tests/conftest.py tests/servers tests/house tests/deploy
	@$(BIN)/lint-imports
	@$(BIN)/python requirements/lock.py check
ifdef NODE
	@$(MAKE) --no-print-directory .local/pages/.installed
	@npm --prefix web run --silent check
	@npm --prefix web test --silent -- --reporter=dot
endif

format: $(VENV)/.dev ## put every file into the form that `make check` asks for
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

kafka: .local/kafka/.jars ## run a real one-node Kafka in the foreground (Java 17, Maven); KAFKA='--port 19092'
	@$(PYTHON) -m tests.servers.kafka $(KAFKA)

kafka-jars: .local/kafka/.jars ## fetch Kafka's jars for the tests (Maven)

lock: ## write requirements/*.txt anew after a change of pyproject.toml (uv)
	@$(PYTHON) requirements/lock.py make

upgrade: ## write requirements/*.txt with the newest versions that fit (uv)
	@$(PYTHON) requirements/lock.py upgrade

chaos: $(VENV)/.dev .local/kafka/.jars ## kill, stop, starve and poison a running product (DOSE=ci for a short one)
	@CHAOS_DOSE=$(DOSE) $(BIN)/python -m pytest tests/chaos

bench: $(VENV)/.dev ## run every benchmark of benchmarks/, one JSON line a figure
	@missed=0; for main in benchmarks/*/__main__.py; do $(BIN)/python -m "$$(dirname "$$main" | tr / .)" || missed=1; done; \
	exit $$missed

clean: ## remove everything that make made, downloads too
	rm -rf $(VENV) .local web/node_modules src/service/pages build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src sensors tests requirements benchmarks -name __pycache__ -prune -exec rm -rf {} +

# Set-up. A stamp is touched when its whole recipe went well, so an interrupted set-up is repeated.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "wim needs Python 3.11 or newer; \
	$(PYTHON) is %d.%d. Name another: make PYTHON=python3.12" % v[:2])'
	@echo "setting up $(VENV) (once, about 300 MB)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# Bound by hashes, wheels only: nothing is compiled and no package's set-up code runs.
$(VENV)/.locked-%: requirements/%.txt requirements/build.txt $(VENV)/.made
	@echo "installing $<"
	@$(PIP) install --require-hashes --only-binary :all: -r $< -r requirements/build.txt
	@touch $@

# The project itself: built by the locked hatchling, its dependencies already there, so nothing is looked up.
$(VENV)/.run: $(VENV)/.locked-run pyproject.toml
	@$(PIP) install --no-build-isolation --no-deps --no-index --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.locked-dev $(VENV)/.run
	@touch $@

.local/pages/.installed: web/package-lock.json
	@test "$(NODE)" || { echo "the pages need Node 20.19 or newer, and npm" >&2; exit 1; }
	@echo "installing web/package-lock.json"
	@npm --prefix web ci --ignore-scripts --loglevel error
	@mkdir -p $(@D) && touch $@

.local/pages/.built: .local/pages/.installed $(shell find web -path web/node_modules -prune -o -type f -print)
	@npm --prefix web test --silent -- --reporter=dot
	@npm --prefix web run --silent build -- --logLevel warn
	@touch $@

.local/kafka/.jars: deploy/kafka/pom.xml
	@command -v mvn >/dev/null || { echo "fetching Kafka's jars needs Maven (Debian: maven)" >&2; exit 1; }
	@echo "fetching Kafka's jars"
	@rm -rf .local/kafka/libs
	@mvn -B -q -f deploy/kafka/pom.xml dependency:copy-dependencies
	@touch $@
