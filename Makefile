# make demo | test | fuzz | soak | check | bench | interop | web | browser | weights | docs | dist | matrix. Each makes
# what it needs, from a bare clone and a Python >= 3.11.
PYTHON ?= python3
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := .venv/$(SCRIPTS)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DATA ?= ../shared/data
export OMP_NUM_THREADS ?= 1

.PHONY: demo test fuzz soak check bench interop web browser weights docs dist matrix clean

DEMO := $(addprefix .venv/pictures/,astronaut.png chelsea.png coffee.png rocket.jpg camera.png motorcycle_left.png)

demo: .venv/core .venv/pictures  ## predict for real photographs with the shipped weights
	$(BIN)/wepsam predict $(DEMO) --out demo --save map,overlay --sheet

test: .venv/dev .venv/pictures  ## the test suite
	$(BIN)/python -m pytest

fuzz: .venv/dev  ## foreign files, changed with fresh seeds, for an hour; what is found is kept in tests/fuzz/found (MINUTES=n)
	PYTHONPATH=tests $(BIN)/python -m fuzz --minutes $(or $(MINUTES),60) $(FUZZ)

soak: .venv/dev  ## threads, killed jobs, memory and open files, then the long tests of interruptions (MINUTES=n)
	PYTHONPATH=tests $(BIN)/python -m fuzz.soak --minutes $(or $(MINUTES),5) $(SOAK)
	$(BIN)/python -m pytest tests/test_interruptions.py -m long

check: .venv/dev  ## style and types
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: .venv/dev .venv-unisal/ready  ## speed, with peers and limits in the same run
	$(BIN)/python -m benchmarks.labeling $(BENCH)
	$(BIN)/python -m benchmarks.predict $(BENCH) --unisal .venv-unisal/bin/python
	$(BIN)/python -m benchmarks.metrics
	$(BIN)/python -m benchmarks.attention

interop: .venv-interop/ready  ## our metrics, predictors and datasets against pysaliency's, in an environment of its own
	.venv-interop/bin/python -m pytest tests/interop

web: .venv/core web/node_modules/.ready  ## dist/web: the page that predicts in the browser alone, for any static host
	$(BIN)/python web/build.py

browser: .venv/dev .venv/pictures web/node_modules/.ready  ## the shipped files in WebAssembly, that page and the page of wepsam app in Chromium
	$(BIN)/python -m pytest tests/browser tests/app/test_page.py

weights: .venv/dev  ## the shipped weights from the data: labels, both stages, export, evaluation, tables (DATA=folder)
	PATH="$(CURDIR)/$(BIN):$$PATH" DATA="$(DATA)" bash recipes/weights.sh

docs: .venv/dev .venv/pictures $(if $(shell command -v npm),web/node_modules/.ready)  ## the documentation site in build/site, strict: no broken link, no code that does not run
	$(BIN)/python -m recipes.site

dist: .venv-dist/ready  ## wheel and sdist, built twice with the same bytes, checked, and tried in a bare environment
	.venv-dist/$(SCRIPTS)/python -m recipes.dist --out dist

matrix: .venv-dist/ready  ## tests with the lowest and the highest versions that are allowed (MATRIX="--pythons 3.11 --extras classical")
	PYTHONPATH=src .venv-dist/$(SCRIPTS)/python -m recipes.matrix $(MATRIX)

clean:
	rm -rf .venv .venv-dist .venv-interop .venv-unisal demo dist build web/node_modules

# The core alone: no torch, opencv, scipy. The stamp is renewed when what is installed changes.
.venv/core: pyproject.toml constraints.txt src/wepsam/__init__.py
	$(PYTHON) -m venv .venv
	$(INSTALL) --editable .
	touch $@

.venv/dev: .venv/core
	$(INSTALL) --editable '.[dev]'
	touch $@

# What builds and checks the files to publish.
.venv-dist/ready: constraints.txt
	$(PYTHON) -m venv .venv-dist
	.venv-dist/$(SCRIPTS)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt build hatchling twine cyclonedx-bom uv
	touch $@

# pysaliency asks for older versions of numpy and setuptools than the rest, and for torch: apart from .venv.
.venv-interop/ready: tests/interop/requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv-interop
	.venv-interop/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/interop/requirements.txt
	.venv-interop/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint tests/interop/requirements.txt --editable '.[classical]'
	.venv-interop/bin/python -c "import pysaliency"
	touch $@

# The architecture of UNISAL, apart from .venv because mediaattention is needed for nothing else.
.venv-unisal/ready: constraints.txt
	$(PYTHON) -m venv .venv-unisal
	.venv-unisal/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt mediaattention==0.2.1 torch onnx onnxruntime
	touch $@

web/node_modules/.ready: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# Photographs (astronaut, cat, coffee, ...) live in the scikit-image wheel: unpacked without what it
# depends on, and never copied into the repository.
SKIMAGE := $(shell sed -n 's/^scikit-image==/scikit-image==/p' constraints.txt)
PICTURES := astronaut.png chelsea.png coffee.png rocket.jpg camera.png motorcycle_left.png hubble_deep_field.jpg ihc.png \
	clock_motion.png coins.png retina.jpg text.png gravel.png brick.png
.venv/pictures: .venv/core
	$(INSTALL) --no-deps --no-compile --target .venv/scikit-image --upgrade $(SKIMAGE)
	rm -rf $@ && mkdir $@
	cd .venv/scikit-image/skimage/data && cp $(PICTURES) ../../../pictures/
	rm -rf .venv/scikit-image
	touch $@
