# Two commands: `make demo` goes the whole way on a simulated unit, `make test` runs every test.
# Both start from bare Python 3.11 (or newer), pip and make, on an empty HOME.

PYTHON ?= python3
SERVE  ?= 1
BIN    := .venv/bin
SYSTEM := chromium fonts-noto-cjk postgresql libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0

export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never

.PHONY: demo test messages lock clean
.DEFAULT_GOAL := demo

demo: .venv/demo-installed
	rm -rf demo
	$(BIN)/pilot demo demo
ifneq ($(SERVE),0)
	$(BIN)/pilot dashboard demo
endif

test: .venv/test-installed .venv/system-installed
	$(BIN)/python -m pytest -n 2 $(ARGS)

.venv/bin/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed · 需要 Python 3.11 或更新版本")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

.venv/demo-installed: requirements.lock pyproject.toml | .venv/bin/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	touch $@

.venv/test-installed: requirements-test.lock pyproject.toml | .venv/bin/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-test.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	touch $@ .venv/demo-installed

# The tests drive a real browser with Chinese fonts and a real PostgreSQL.
.venv/system-installed: | .venv/bin/uv
	@if dpkg -s $(SYSTEM) >/dev/null 2>&1; then :; \
	elif command -v apt-get >/dev/null; then \
	  as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$as_root apt-get update -qq && $$as_root apt-get install -y -qq --no-install-recommends $(SYSTEM) >/dev/null; \
	else echo "Install by hand: $(SYSTEM). Tests that need them will say so." >&2; fi
	@touch $@

# Collect the sentences of the code anew into the Chinese catalogue.
messages: .venv/test-installed
	$(BIN)/pybabel --quiet extract -F babel.cfg -k message --no-location --sort-output -o .venv/messages.pot .
	$(BIN)/pybabel --quiet update -i .venv/messages.pot -d pilot/locale -l zh --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap

lock: .venv/bin/uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 pyproject.toml --group test -o requirements-test.lock

clean:
	rm -rf .venv demo dist
