# Everything a person or CI does here. Needs Python 3.11 to 3.13, make and git; the rest is installed.
# GPU=1 installs TensorFlow for NVIDIA GPUs (GPU=0 goes back), MUSICGEN_* settings are in README.md.

SHELL := /bin/bash
BIN := .venv/bin
GPU ?=
# A bare machine has python3; where that is too old, deploy/bootstrap.py looks for a newer one.
BOOTSTRAP := python3 deploy/bootstrap.py $(if $(GPU),--gpu $(GPU))

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests up test check format bench torture vendor weights weights-chorales weights-piano \
  weights-crnn-gan piano clean

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Make .venv and install what the site needs
	@$(BOOTSTRAP)

setup-tests:
	@$(BOOTSTRAP) --tests

up: setup ## Run the site until Ctrl-C
	@exec $(BIN)/python manage.py up

test: setup-tests ## Run every test
	@exec $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder

# In production's settings, with a key that is thrown away: what a deployment would be warned of.
check: export PYTHONDONTWRITEBYTECODE := 1
check: setup-tests ## Look for mistakes without running the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --check templates
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run
	@data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT && \
	  MUSICGEN_ENV=production MUSICGEN_DATA_DIR=$$data \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python deploy/vendor.py check

format: setup-tests ## Bring code and templates into the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	-$(BIN)/djlint --quiet --reformat templates

bench: setup-tests ## Run the measurements of benchmarks/
	@set -e; for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script; done

torture: setup-tests ## Break what is promised not to break, and print a table (ROWS="14 16" for some; TORTURE_TIMES=5: fewer kills)
	@$(BIN)/python -m torture $(ROWS)

vendor: ## Fetch the pinned browser files again (needs npm)
	npm ci --ignore-scripts --no-audit --no-fund
	python3 deploy/vendor.py copy

# Each step goes on where it was stopped. Three hours on two quiet cores. PIANO is a folder with the folders
# piano_midi_de and giantmidi; docs/training.md says where they are from. For a trial:
# QUICK="--max-steps 8" QUICK_TONES="--pretraining-steps 8 --adversarial-steps 2" TO=var/shipped.
WEIGHTS := var/weights
PIANO := var/piano
TO := musicgen/weights
QUICK :=
TRAIN := $(BIN)/python -m musicgen train
weights: weights-chorales weights-piano weights-crnn-gan ## Train the shipped weights again (PIANO=folder of piano music)
	$(BIN)/python -m musicgen evaluate $(notdir $(wildcard musicgen/weights/*-piano*)) --corpus $(WEIGHTS)/piano \
	  --brief --out musicgen/weights/evaluation.json

weights-chorales: setup
	$(BIN)/python -m musicgen demo $(WEIGHTS)/chorales
	test -f $(WEIGHTS)/corpus/manifest.json || \
	  $(BIN)/python -m musicgen prepare $(WEIGHTS)/chorales $(WEIGHTS)/corpus --transpositions -5 6
	$(TRAIN) --network lstm --corpus $(WEIGHTS)/corpus --out $(WEIGHTS)/run \
	  --sequence-length 64 --batch-size 16 --dropout 0.2 --max-epochs 4 --seed 1 $(QUICK)
	$(BIN)/python -m musicgen ship $(WEIGHTS)/run --corpus $(WEIGHTS)/corpus --out $(TO)/lstm-chorales

weights-piano: setup piano
	test -f $(WEIGHTS)/piano/manifest.json || \
	  $(BIN)/python -m musicgen prepare $(PIANO) $(WEIGHTS)/piano --representation events \
	  --tokenizer tsd --styles-by folder --time seconds --pedal lengths
	TF_NUM_INTRAOP_THREADS=1 $(TRAIN) --network transformer --preset small \
	  --corpus $(WEIGHTS)/piano --out $(WEIGHTS)/transformer --max-epochs 4 --max-steps 6500 --batch-size 4 \
	  --task-share 0.05 --patience 99 --seed 1 $(QUICK)
	TF_NUM_INTRAOP_THREADS=1 $(TRAIN) --network lstm --corpus $(WEIGHTS)/piano \
	  --out $(WEIGHTS)/lstm --dropout 0.1 --sequence-length 128 --batch-size 8 --averaging 0.98 \
	  --max-epochs 4 --max-steps 4000 --patience 99 --seed 1 $(QUICK)
	for network in transformer lstm; do $(BIN)/python -m musicgen ship $(WEIGHTS)/$$network \
	  --corpus $(WEIGHTS)/piano --out $(TO)/$$network-piano --along 6 || exit 1; done

TONES := $(WEIGHTS)/crnn-gan
weights-crnn-gan: setup piano
	test -f $(TONES)/corpus/manifest.json || \
	  $(BIN)/python -m musicgen prepare $(PIANO) $(TONES)/corpus --representation tones
	$(TRAIN) --network crnn_gan --preset modern --corpus $(TONES)/corpus --out $(TONES)/run $(QUICK_TONES)
	$(BIN)/python -m musicgen ship $(TONES)/run --corpus $(TONES)/corpus --out $(TO)/crnn-gan-piano --along 7

piano:
	@test -d $(PIANO)/piano_midi_de && test -d $(PIANO)/giantmidi || { \
	  echo "$(PIANO) must have the folders piano_midi_de and giantmidi: docs/training.md says where to" \
	  "get them; PIANO=folder names another place." >&2; exit 1; }

clean: ## Remove what was installed and cached; the data folder stays
	rm -rf .venv .tools node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
