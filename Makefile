# make app    opens hnviz at a loopback address; make test runs everything that must hold.
# Both make .venv first: Python 3.11 or newer is all that has to be there.
#   PYTHON=python3.12   the Python to make .venv with
#   PIP_ARGS='...'      more words for pip. PyTorch is about 3 GB on Linux with CUDA; for its CPU build,
#                       about 200 MB: PIP_ARGS='--extra-index-url URL', with the URL that pytorch.org
#                       names under "Get Started" for the platform CPU
#   APP_ARGS='...'      words for the app: APP_ARGS='--port 8600'
#   PYTEST_ARGS='...'   words for pytest: PYTEST_ARGS='-k layout'
PYTHON ?= python3
PIP_ARGS ?=
APP_ARGS ?=
PYTEST_ARGS ?= -n 2 --dist loadgroup
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: app test bench lint format screenshots clean
.DELETE_ON_ERROR:

app: $(VENV)/.app
	@$(PY) -m hnviz app $(APP_ARGS)

test: lint
	@OMP_NUM_THREADS=1 $(PY) -m pytest $(PYTEST_ARGS)

bench: $(VENV)/.app
	@$(PY) -m hnviz bench

lint: $(VENV)/.dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: $(VENV)/.dev
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

screenshots: $(VENV)/.dev
	@$(PY) -m tests.browser.screenshots

# Leaves .venv and runs/ alone: one is a long download, the other somebody's work.
clean:
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(VENV)/.app: requirements.txt
	$(call install,$<)

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(call install,$<)

# The script runs as a function, so that $(error) says its one sentence where a failing recipe
# would add make's own lines to it. A dry run (make -n) installs nothing.
install = $(if $(findstring n,$(firstword -$(MAKEFLAGS))),,$(call stop_if,$(shell \
	PYTHON='$(PYTHON)' PIP_ARGS='$(PIP_ARGS)' sh .ci/install.sh $(VENV) $(1) $@)))
stop_if = $(if $(1),$(error $(1)))
