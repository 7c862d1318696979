# make app      serves hnviz to this machine
# make test     runs the checks for every commit: no browser, few processes
# make system   tests whole programs: the app, its engine, commands, exported files, JavaScript beside torch
# make browser  tests the app in a browser, and walks all pages; CI runs all three
# make slow     runs the longest tests
# make notebooks runs those of them that need fastai, Lightning, transformers, TensorBoard or Jupyter
# make gpu      runs the tests that need a graphics card, where there is one
# make chaos    lets writes fail and kills processes; make fuzz tries hostile input (docs/proved.md)
# make sums     prints how much code each part has, beside the last release's
# make docs     builds the book into site/
# Each creates .venv first, and needs only Python 3.11 or newer.
#   PYTHON=python3.12   the Python for .venv
#   PIP_ARGS='...'      arguments for pip. PyTorch is about 3 GB on Linux with CUDA; for the CPU
#                       build, about 200 MB: PIP_ARGS='--extra-index-url URL', with the URL that
#                       pytorch.org gives under "Get Started" for the platform CPU
#   APP_ARGS='...'      arguments for the app: APP_ARGS='--port 8600'
#   LOAD_ARGS='...'     arguments for the load test: LOAD_ARGS='--seconds 300'
#   CHAOS_ARGS='...'    arguments for the faults: CHAOS_ARGS='--kills 2000 --every'
#   FUZZ_ARGS='...'     arguments for the hostile input: FUZZ_ARGS='--inputs 1000000 --workers 2'
#   SLOW_ARGS='...'     some of the longest tests: SLOW_ARGS=tests/test_tasks_trained.py
#   PYTEST_ARGS='...'   arguments for pytest: PYTEST_ARGS='-k layout'
PYTHON ?= python3
PIP_ARGS ?=
APP_ARGS ?=
LOAD_ARGS ?=
CHAOS_ARGS ?=
FUZZ_ARGS ?=
SLOW_ARGS ?=
# Three for two processors, as most tests wait for other processes; those of `make test` do not.
WORKERS = 3
PYTEST_ARGS ?= -n $(WORKERS) --dist loadgroup
VENV := .venv
PY := $(VENV)/bin/python

# What starts processes, or trains in groups, takes as long as all other tests: each process loads PyTorch again.
SYSTEM_TESTS := $(patsubst %,tests/test_%.py,adding_question adding_setting addresses answers as_table \
	broken_torch browser_engine browser_questions browser_text cli doors engine estimate export \
	faults file_answers fuzz gpu kill lanes lessons live_door notebook own_models package pages \
	pool run_zip serve sweep_page sweeps texts twin watched)
QUICK := not slow and not browser and not walk and not gpu
NOTEBOOK_TESTS := $(addprefix tests/test_,callbacks.py notebooks.py notebook_programs.py analysis.py)

MAKEFLAGS += -j2 # the parts of lint

.PHONY: app test system browser slow notebooks gpu bench load chaos fuzz sums audit lock plotly lint python types javascript \
	format screenshots tour docs clean
.DELETE_ON_ERROR:

app: $(VENV)/.app
	@$(PY) -m hnviz app $(APP_ARGS)

# Compiled modules are kept, even where the environment forbids it: the tests start Python 100 times.
test: WORKERS = 2
test: lint
	@PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(PY) -m pytest $(PYTEST_ARGS) -m '$(QUICK)' $(SYSTEM_TESTS:%=--ignore=%)

system: $(VENV)/.dev
	@PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(PY) -m pytest $(PYTEST_ARGS) -m '$(QUICK)' $(SYSTEM_TESTS)

browser: $(VENV)/.dev
	@PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(PY) -m pytest $(PYTEST_ARGS) -m '(browser or walk) and not slow'

# What only some of these tests need is installed for all of them, or for `make notebooks`: it takes
# minutes, which CI does not have for the two files that it names.
slow: $(VENV)/$(if $(SLOW_ARGS),.dev,.slow)
	@OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadgroup -m slow $(SLOW_ARGS)

notebooks: $(VENV)/.slow
	@OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadgroup -m slow $(NOTEBOOK_TESTS)

gpu: $(VENV)/.dev
	@if $(PY) -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then \
		OMP_NUM_THREADS=1 $(PY) -m pytest -m gpu tests/test_gpu.py; \
	else echo 'Skipped: there is no graphics card that PyTorch can use.'; fi

bench: $(VENV)/.app
	@$(PY) -m hnviz bench
	@$(PY) -m tests.load.recording

load: $(VENV)/.dev
	@$(PY) -m tests.load $(LOAD_ARGS)

chaos: $(VENV)/.dev
	@OMP_NUM_THREADS=1 $(PY) -m tests.chaos $(CHAOS_ARGS)

fuzz: $(VENV)/.dev
	@OMP_NUM_THREADS=1 $(PY) -m tests.fuzz $(FUZZ_ARGS)

sums: $(VENV)/.dev
	@$(PY) -m tests.sums

# These need the network, so they are no part of test.
audit: $(VENV)/.app
	@sh .ci/audit.sh $(VENV)

lock: $(VENV)/.app
	@sh .ci/lock.sh $(VENV)

plotly: $(VENV)/.app
	@sh .ci/plotly.sh $(VENV)

lint: types python javascript

python: $(VENV)/.dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: $(VENV)/.dev
	@$(PY) -m mypy

javascript: $(VENV)/.dev
	@sh .ci/js.sh

format: $(VENV)/.dev
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

screenshots: $(VENV)/.dev
	@$(PY) -m tests.browser.screenshots

# The pictures of the README's tour alone.
tour: $(VENV)/.dev
	@$(PY) -m tests.browser.screenshots --tour

docs: $(VENV)/.dev
	@$(PY) -m sphinx -q -W --keep-going -c docs/site docs site
	@echo "The book is in site/index.html."

# Keeps .venv, a long download, and runs/, the user's work.
clean:
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis site
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(VENV)/.app: requirements.txt
	$(call install,$<)

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(call install,$<)

$(VENV)/.slow: .ci/requirements-slow.txt $(VENV)/.dev
	$(call install,$<)

# The script runs in a function so that $(error) can print its one sentence; a failing recipe would
# add make's own lines. A dry run (make -n) installs nothing.
install = $(if $(findstring n,$(firstword -$(MAKEFLAGS))),,$(call stop_if,$(shell \
	PYTHON='$(PYTHON)' PIP_ARGS='$(PIP_ARGS)' sh .ci/install.sh $(VENV) $(1) $@)))
stop_if = $(if $(1),$(error $(1)))
