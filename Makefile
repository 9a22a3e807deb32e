# The only commands: each makes what it needs, from a clean clone.
#
#   make demo    install, and run the Wolverhampton 2020 scenario into outputs/
#   make test    install with the tools for development, and run the whole suite
#   make lint    ruff: rules and format
#   make types   mypy
#   make clean   remove the environment
#
# PYTHON=/path/to/python chooses an interpreter; otherwise the first CPython from 3.11 is taken.

.POSIX:
.PHONY: demo test lint types clean

IN_VENV = .venv/bin/python
PIP = $(IN_VENV) -m pip install --quiet --disable-pip-version-check -c constraints.txt
SCENARIO = scenarios/wolverhampton-2020-medium.yaml
ENOUGH = import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))

demo: .venv/installed
	@$(IN_VENV) -m sufficiency run $(SCENARIO) --overwrite

test: .venv/installed-dev
	@$(IN_VENV) -m pytest -n 2 --dist worksteal

lint: .venv/installed-dev
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .

types: .venv/installed-dev
	@$(IN_VENV) -m mypy

clean:
	rm -rf .venv

.venv/bin/python:
	@if [ -n "$$PYTHON" ]; then set -- "$$PYTHON"; \
	else set -- python3.11 python3 python3.12 python3.13 python3.14 python; fi; \
	for python do \
		"$$python" -c '$(ENOUGH)' >/dev/null 2>&1 || continue; \
		echo "Making .venv with $$("$$python" --version)"; \
		"$$python" -m venv --clear .venv; exit; \
	done; \
	echo "No Python from 3.11 with venv was found. Install one (Debian, Ubuntu: python3.11 and" \
		"python3.11-venv), or say where it is: make PYTHON=/path/to/python" >&2; \
	exit 1

# What builds packages comes first and from the same constraints, so that nothing is unpinned: ours
# with hatchling, and one dependency of lifelines that is published as source only.
.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing what a forecast needs (once; a few minutes on a slow line)"
	@$(PIP) hatchling setuptools wheel
	@$(PIP) --no-build-isolation --editable .
	@touch $@

.venv/installed-dev: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing what development needs (once; a few minutes on a slow line)"
	@$(PIP) hatchling setuptools wheel
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@ .venv/installed
