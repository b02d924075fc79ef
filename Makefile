# Every target sets up .venv first if it is not there, or if what it is made from has changed.
.SILENT:
.PHONY: setup demo test test-slow check docs images bench performance soak compare pictures reproduce serve sweep

# 3.11 or newer
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
DOCS_STAMP := .venv/.docs-installed
PYTEST := $(BIN)/pytest --color=no -q
# Three workers of one thread each, for two cores: workers and libraries that both take every core slow each other down, and
# tests wait for the services that they start. Each begins with a third of the tests, in order, so that a module's fixtures
# are made once; who is done first takes some of the others'.
TEST_WORKERS := -n 3 --dist worksteal
TIMINGS := tests/performance
test test-slow: export OMP_NUM_THREADS := 1
test test-slow: export OPENBLAS_NUM_THREADS := 1

export NO_COLOR := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

setup: $(STAMP)

# WITH_TRACKERS=1: DVCLive, ClearML and Aim too, whose tests are skipped without them.
$(STAMP): pyproject.toml constraints.txt requirements-dev.txt
	echo "Setting up .venv (a minute or two) ..."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --quiet -r requirements-dev.txt $(if $(WITH_TRACKERS),-e '.[tests-trackers]')
	touch $@

# What only the documentation's site needs is installed when it is asked for.
$(DOCS_STAMP): $(STAMP)
	$(BIN)/pip install --quiet --quiet -c constraints.txt -e '.[docs]'
	touch $@

demo: setup
	$(BIN)/python examples/demo.py

test: setup
	$(PYTEST) $(TEST_WORKERS) --ignore=$(TIMINGS) -m "not slow"

test-slow: setup
	$(PYTEST) $(TEST_WORKERS) --ignore=$(TIMINGS) -m slow

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --no-color-output
	$(BIN)/lint-imports

# The site of docs/, into out/site: open out/site/index.html. A warning is an error.
docs: $(DOCS_STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# The lowest versions that pyproject.toml promises, for Python 3.11, as continuous integration tests them. Needs uv.
constraints-lowest.txt: pyproject.toml constraints.txt
	uv pip compile --quiet --resolution lowest-direct --python-version 3.11 --constraint constraints.txt --extra dev \
		--extra tests-trackers \
		--no-annotate --custom-compile-command "make $@" --upgrade --output-file $@ pyproject.toml

# What the image installs: one version of each package, with the hashes of its files. Needs uv.
deploy/requirements.txt: pyproject.toml constraints.txt
	uv pip compile --quiet --python-version 3.11 --constraint constraints.txt --extra postgres --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make $@" --upgrade --output-file $@ pyproject.toml

# The images in deploy/, by what their tags stand for now. Needs docker.
images:
	deploy/pin_images

# One process, nothing beside it, and the figures on the terminal.
bench: setup
	$(PYTEST) -s $(TIMINGS)

# docs/performance.md and the tables of docs/scaling.md, measured: a quarter of an hour, nothing beside it. Needs PostgreSQL's
# server.
performance: setup
	$(BIN)/python -m tests.performance.performance_page

# The service under everything at once: half an hour, or as long as is said. Needs PostgreSQL's server. With
# REPORT=docs/reliability.md the page has what came of it.
SOAK_MINUTES ?= 30
soak: setup
	$(BIN)/python -m tests.performance.soak --minutes $(SOAK_MINUTES) $(if $(REPORT),--report $(REPORT))

# Kinds of models on the same folds, into docs/models.md: half an hour.
compare: setup
	$(BIN)/python tests/performance/compare_models.py

# The pictures of docs/page/, taken again of a service of its own: a minute. Look at them before they are committed.
# Needs Debian's chromium and fonts-dejavu-core.
pictures: setup
	$(BIN)/python -m tests.page_pictures

# The next runs for the corpus, from training_runs/designs/queue.toml into training_runs/corpus_next/, resumed as often as
# it is called: make sweep MINUTES=150 WORKERS=1, or DEVICE=cuda for what wants a GPU.
DEVICE ?= cpu
MINUTES ?= 150
WORKERS ?= 1
sweep: setup
	nice -n 19 $(BIN)/python -m training_runs.generator.queue --device $(DEVICE) --minutes $(MINUTES) --workers $(WORKERS)

# Every claim of the papers that can be tested, into docs/reproduction/ and its pages: stored runs take a minute; runs made
# for a claim are resumed as often as it is called, and are fewer and smaller with QUICK=1 (9 minutes on two cores).
# MNIST is read from GROKCAST_MNIST_DIR, and IMDb, which is not downloaded, from GROKCAST_IMDB_DIR: else its claim is left out.
reproduce: setup
	$(BIN)/grokcast reproduce --all $(if $(QUICK),--quick)

serve: setup
	$(BIN)/grokcast serve
