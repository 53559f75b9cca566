# `make all`: the whole study. `make test`: every test. Neither needs the other.
CORES ?= 8
PORT ?= 5000
UI_HOST ?= 127.0.0.1
RUN = PATH="$(CURDIR)/.venv/bin:$$PATH" MLFLOW_DISABLE_TELEMETRY=true DVC_NO_ANALYTICS=1

.DEFAULT_GOAL := help
.PHONY: help all pretrained test test-parts test-whole lint audit ui ui-host report lock environment package docs pipeline-checks

help:
	@echo "make all              environment, then the whole study: snakemake --cores $(CORES) all"
	@echo "make test             environment, then every test and the linters"
	@echo "make pretrained       the models that come along, from nothing: views, training, calibration (hours)"
	@echo "make lint             the linters and the type checker alone"
	@echo "make audit            the lock's packages against the advisory database (needs the network)"
	@echo "make package          sdist and wheel into build/package, and a picture restored by the wheel alone (needs an index)"
	@echo "make docs             guide and reference of the API as a site: build/docs/index.html"
	@echo "make ui               MLflow on http://127.0.0.1:$(PORT)"
	@echo "make report           report.html: all figures and how they came about"
	@echo "make pipeline-checks  the 20 checks that Snakemake, DVC and MLflow are in step (half an hour)"
	@echo "make lock             resolve the versions anew (needs uv)"

environment:
	@tools/environment.sh

all: environment
	$(RUN) snakemake --cores $(CORES) all

pretrained: environment
	$(RUN) snakemake --cores $(CORES) pretrained
	cp results/pretrained/*.semclear src/semclear/pretrained/
	for card in results/pretrained/*.md; do sed 's/--model \([a-z0-9-]*\)\.semclear/--model \1/' $$card \
		> src/semclear/pretrained/$${card##*/}; done

# Two halves side by side, of about the same time: one process of pytest uses one core.
PARTS = $(addprefix tests/,benchmarks cli datasets degradation evaluation export io models napari_plugin networks packs \
	params restoration scenes study)

test: environment
	@$(MAKE) --no-print-directory --jobs 2 --keep-going test-parts test-whole lint

test-parts: environment
	$(RUN) pytest $(PARTS)

test-whole: environment
	$(RUN) pytest -p no:cacheprovider tests $(PARTS:%=--ignore=%)

lint: environment
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) snakefmt --check Snakefile workflow
	$(RUN) snakemake --lint
	$(RUN) mypy

# In an environment of its own: the study does not need it.
audit: environment
	.venv/bin/python -m venv build/audit
	build/audit/bin/pip install --quiet pip-audit
	build/audit/bin/pip-audit --requirement requirements/study.lock --require-hashes --disable-pip

package: environment
	$(RUN) python tools/check_package.py

docs: environment
	$(RUN) python tools/build_docs.py
	@echo "build/docs/index.html: open it in any browser."

# Whoever reaches the page may read and delete every run: there is no password.
ui-host:
	@case "$(UI_HOST)" in 127.0.0.1|localhost|::1) ;; *) [ "$(UI_OPEN)" = yes ] || { \
		echo "make ui: got UI_HOST=$(UI_HOST), expected 127.0.0.1: whoever reaches the page may read and delete runs;" \
		"add UI_OPEN=yes if that is wanted" >&2; exit 1; }; esac

ui: ui-host environment
	@echo "http://$(UI_HOST):$(PORT)/#/experiments (end with Ctrl-C)"
	@$(RUN) MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false mlflow ui --backend-store-uri "sqlite:///$(CURDIR)/mlflow.db" --host "$(UI_HOST)" --port $(PORT) --workers 1

report: environment
	$(RUN) snakemake --report report.html all
	@echo "report.html is one file: open it in any browser."

pipeline-checks: environment
	$(RUN) python tools/check_pipeline.py

UV_LOCK = uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --quiet \
	--custom-compile-command "make lock" --extra study --extra dev --extra docs -c requirements/constraints.txt

# The second lock holds what the first has not.
lock:
	$(UV_LOCK) --output-file requirements/study.lock pyproject.toml
	$(UV_LOCK) --output-file requirements/checks.lock --extra napari --extra vendors --extra openvino --extra mrc \
		--extra czi --extra ome --extra volumes -c requirements/study.lock \
		$$(sed -n 's/^\([^ =]*\)==.*/--no-emit-package \1/p' requirements/study.lock) pyproject.toml requirements/checks.in
