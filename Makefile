# Everything runs in .venv, from the hash-locked files in requirements/. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links
NPM := PATH="$(CURDIR)/$(VENV)/pages/node_modules/.bin:$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm
BENCH_SET ?= ../shared/eval/dev
# The tests start Python some hundred times: what it compiled is kept, also where the surroundings say otherwise.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: audit sbom help install bots demo run test e2e soak bench bench-notes lint pages docs figures coverage format typecheck changes release check assets pictures terminals messages lock migration stage official-client generators clean

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) -r requirements/base.txt
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.bots: requirements/bots.txt $(VENV)/.base
	$(PIP_INSTALL) -r requirements/bots.txt
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.base
	$(PIP_INSTALL) -r requirements/test.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.test
	$(PIP_INSTALL) -r requirements/bench.txt
	@touch $@

$(VENV)/.pages: requirements/pages.txt tools/pages/package-lock.json | $(VENV)/bin/python
	$(PIP_INSTALL) -r requirements/pages.txt
	@mkdir -p $(VENV)/pages && cp tools/pages/package.json tools/pages/package-lock.json $(VENV)/pages
	$(NPM) --prefix $(VENV)/pages ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(VENV)/.official_client: requirements/pages.txt tests/support/official_client/package-lock.json | $(VENV)/bin/python
	$(PIP_INSTALL) -r requirements/pages.txt
	@mkdir -p $(VENV)/official_client && cp tests/support/official_client/package*.json $(VENV)/official_client
	@$(NPM) --prefix $(VENV)/official_client ci --ignore-scripts --no-audit --no-fund --silent && touch $@ || \
	  echo "The official client cannot be installed here: its test will be skipped and say so."

# An environment of its own: what generates clients wants other versions than what is tested.
$(VENV)/.generators: requirements/generators.txt requirements/pages.txt tests/support/generated_clients/package-lock.json | $(VENV)/bin/python
	$(PIP_INSTALL) -r requirements/pages.txt
	@$(PYTHON) -m venv $(VENV)/generators
	@$(VENV)/generators/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements/generators.txt
	@cp tests/support/generated_clients/package*.json $(VENV)/generators
	@$(NPM) --prefix $(VENV)/generators ci --ignore-scripts --no-audit --no-fund --silent && touch $@ || \
	  echo "The generators of clients cannot be installed here: their tests will be skipped and say so."

install: $(VENV)/.base ## Create the environment

bots: $(VENV)/.bots ## Add what sends bots into calls; a Chromium comes from `.venv/bin/playwright install chromium`

demo: $(VENV)/.base ## Turn the sample meeting into a transcript, a note, key points and sentiment
	$(BIN)/minutebook process samples/launch.flac --data-dir var/demo \
		--attendee "Maria Silva <maria@example.com>" --attendee "Tom Berg <tom@example.com>" \
		--attendee "Priya Nair <priya@example.com>" --attendee "Dana Weiss <dana@example.com>"

run: $(VENV)/.base ## Start the server on http://127.0.0.1:8000
	$(BIN)/minutebook serve

# Half of the time a test waits: for processes, leases, a database. Four at a time keep two cores busy.
test: $(VENV)/.test ## Run the tests (at most 15 minutes on 2 cores)
	$(BIN)/pytest -m "not soak" -n 4 --dist worksteal

coverage: $(VENV)/.test ## Run the tests of the pure core and look that they reach what they reached before
	$(BIN)/pytest -q tests/unit/kit tests/unit/transcript tests/unit/language --cov --cov-report=term-missing:skip-covered

e2e: $(VENV)/.test stage official-client generators ## Run the end-to-end tests: real server, real browser, kill tests at a reduced count
	$(BIN)/pytest tests/e2e tests/replicas -m "not soak and not live" -n 2 --dist loadfile
	$(BIN)/pytest tests/e2e tests/replicas -m "live and not soak"

soak: $(VENV)/.test ## Run the long tests at full counts, by hand (hours)
	$(BIN)/pytest tests -m soak -s

bench: $(VENV)/.bench ## Measure accuracy and speed against plain faster-whisper (BENCH_SET=folder)
	$(BIN)/python -m bench.speech --set $(BENCH_SET)

bench-notes: $(VENV)/.bench ## Measure notes on the scripted meetings, last on those whose author had not seen the rules
	$(BIN)/python -m bench.notes
	$(BIN)/python -m bench.notes --set bench/data/meetings/development
	$(BIN)/python -m bench.notes --set bench/data/meetings/blind | tail -1

lint: $(VENV)/.test pages ## Check style, the direction of imports, page scripts and the changelog fragments
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	@$(BIN)/towncrier build --draft --version next >/dev/null

pages: $(VENV)/.pages ## Check the page scripts: style and types
	$(NPM) --prefix tools/pages run --silent lint
	$(NPM) --prefix tools/pages run --silent typecheck

$(VENV)/.docs: requirements/docs.txt | $(VENV)/bin/python
	$(PIP_INSTALL) -r requirements/docs.txt
	@touch $@

docs: $(VENV)/.docs ## Build the documentation as a site with search (dist/site); a link that leads nowhere fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

figures: ## Print how the folders hang together: files, import edges, levels (REV=revision)
	@$(PYTHON) tools/import_figures.py $(REV)

format: $(VENV)/.test ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

typecheck: $(VENV)/.test ## Check types, strictly
	$(BIN)/mypy

changes: $(VENV)/.test ## Print the changelog of the next release, from changelog.d/
	@$(BIN)/towncrier build --draft --version "the next release"

release: $(VENV)/.test ## Write version and changelog, build and check the wheel (VERSION=1.2.3)
	$(BIN)/python tools/release.py "$(VERSION)"

audit: $(VENV)/.test ## Check the licences of all locked packages and of what is shipped, offline
	$(BIN)/python -m tools.licences audit

sbom: $(VENV)/.base ## Write what an installation consists of as a CycloneDX file (dist/sbom.cdx.json)
	$(BIN)/python -m tools.licences sbom dist/sbom.cdx.json

check: lint typecheck audit test coverage e2e ## Everything that CI runs

stage: $(VENV)/.bots ## Provide what the end-to-end tests need: Chromium (an installed one, else Playwright's, else Debian's) and Janus (Debian's)
	@missing=; found="$(BIN)/python tests/support/calls/chromium.py"; \
	$$found || { $(BIN)/playwright install chromium >/dev/null 2>&1 && $$found; } || missing="$$missing chromium"; \
	[ -d /usr/share/janus/demos ] && command -v janus >/dev/null || missing="$$missing janus janus-demos"; \
	[ -z "$$missing" ] || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing; } || \
	  echo "Missing and not to be installed here:$$missing. Tests that need it will be skipped and say so."

official-client: $(VENV)/.official_client ## Install the official client of the v1 API, for its end-to-end test (needs npm)

generators: $(VENV)/.generators ## Install the generators of clients, for their end-to-end test (needs npm and Java)
	@command -v java >/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends default-jre-headless; } || \
	  echo "Java is missing and not to be installed here: the test of openapi-generator will be skipped and say so."

assets: $(VENV)/.base ## Fetch the pinned browser code that is not ours, and check it (needs npm)
	$(BIN)/python tools/assets.py

pictures: $(VENV)/.bots ## Take the pictures of docs/ anew from the sample meeting (needs a Chromium)
	$(BIN)/python tools/pictures.py

terminals: $(VENV)/.base ## Record anew what the command line looks like, for docs/terminals.md (needs tmux)
	$(BIN)/python tools/terminals.py

messages: $(VENV)/.test ## Bring the interface's catalogues up to date with its words, and how languages write dates
	$(BIN)/python tools/messages.py

lock: $(VENV)/bin/python ## Renew the lock files (versions and hashes only)
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) pyproject.toml --group build -o requirements/base.txt
	$(COMPILE) --group bots -c requirements/base.txt -o requirements/bots.txt
	$(COMPILE) --group test -c requirements/base.txt -c requirements/bots.txt -o requirements/test.txt
	$(COMPILE) --group pages -o requirements/pages.txt
	$(COMPILE) --group generators -o requirements/generators.txt
	$(COMPILE) --group docs -c requirements/base.txt -c requirements/test.txt -o requirements/docs.txt
	$(COMPILE) --group bench -c requirements/test.txt -c requirements/base.txt -o requirements/bench.txt

migration: $(VENV)/.test ## Write a migration from the tables (m="what changes")
	$(BIN)/python -m minutebook.db.migrations "$(m)"

clean: ## Remove the environment and everything that was made
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache
