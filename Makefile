# Two commands: `make demo` and `make test`. Both make .venv and install the pinned versions first.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
BIN := .venv/bin
APP ?= 1

.PHONY: demo test lint browser clean
.DEFAULT_GOAL := demo

.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@touch $@

demo: .venv/installed  ## build the bundled corpus and open the app (APP=0: stop before the app)
	$(BIN)/emoanalytics demo $(if $(filter 0,$(APP)),--no-app)

lint: .venv/installed  ## style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser:  ## the browser tests drive Chromium: install it where we may
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium >/dev/null) || true; fi; \
	  command -v chromium >/dev/null || echo "No Chromium found: the browser tests are skipped (install chromium to run them)" >&2; }

test: .venv/installed browser lint  ## everything that must hold
	$(BIN)/python -m pytest -n 2 --dist worksteal

clean:  ## remove what these commands made
	rm -rf .venv demo-store build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
