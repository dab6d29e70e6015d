# make demo: from nothing to a verified corpus of the bundled problems, in out/demo.
# make test: from nothing to a passed test suite.
# Both make .venv first; PYTHON names another interpreter than python3.

PYTHON ?= python3
BIN := .venv/bin
DEMO := out/demo
SAMPLE := pipelines/sources/sample

.DEFAULT_GOAL := help
.PHONY: help demo test

help:
	@echo "make demo   build and verify a corpus of the bundled problems in $(DEMO)"
	@echo "make test   lint, type-check and test"

# The virtual environment; its stamps make a second run quick.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "NLEX needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)." >&2; \
	    echo "Install one and name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	    echo "'$(PYTHON)' cannot make a virtual environment: its ensurepip module is missing." >&2; \
	    echo "On Debian and Ubuntu: apt-get install python3-venv, then run make again." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.installed: .venv/.made pyproject.toml
	@echo "Installing NLEX and what it needs into .venv: some minutes the first time."
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	@touch $@

.venv/.installed-dev: .venv/.made pyproject.toml
	@echo "Installing NLEX and its development tools into .venv: some minutes the first time."
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@ .venv/.installed

# The shortest explanation that has some steps to show.
define EXCERPT
import sys
import pyarrow.dataset as ds
rows = ds.dataset(sys.argv[1], format="parquet").to_table(columns=["messages", "steps", "tokens", "id"]).to_pylist()
row = min((row for row in rows if row["steps"] >= 15), key=lambda row: (row["tokens"], row["id"]))
print("\n\n".join(f"[{turn['role']}]\n{turn['content']}" for turn in row["messages"]))
endef
export EXCERPT

define NO_DOCKER
No Docker engine can be reached: the demo runs in the 'process' sandbox instead.
That is good enough for the bundled programs, which are our own, and not for programs of strangers.
To get Docker: on Debian and Ubuntu, apt-get install docker.io; elsewhere see https://docs.docker.com/engine/install/.
If it is installed, start it (systemctl start docker) and see that you may use it (usermod -aG docker $$USER).
Then remove $(DEMO) and run make demo again.

endef
export NO_DOCKER

demo: .venv/.installed
	@set -e; sandbox=docker; \
	if ! $(BIN)/python -c 'import docker; docker.from_env().ping()' 2>/dev/null; then \
	    sandbox=process; echo "$$NO_DOCKER"; \
	fi; \
	$(BIN)/nlex build jsonl:'$(SAMPLE)/*.jsonl' --output $(DEMO) --sandbox $$sandbox; \
	$(BIN)/nlex verify $(DEMO); \
	echo; echo "One example of the corpus:"; echo; \
	$(BIN)/python -c "$$EXCERPT" $(DEMO)/nlex; \
	echo; echo "The corpus lies in $(DEMO), a folder of Parquet shards for each config:"; \
	ls -d $(DEMO)/*; \
	echo "Load it with: $(BIN)/python -c 'import datasets; print(datasets.load_dataset(\"$(DEMO)\", \"nlex\"))'"

test: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest
