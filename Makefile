# `make` lists the targets. Each one sets up what it needs first, in .venv and .tools, and is quick the second time.

# The Python that made .venv goes on making it: `make setup PYTHON=python3.13` is needed once.
PYTHON ?= $(or $(wildcard .venv/bin/python),python3)
BIN := .venv/bin
ENVIRONMENTS := staging production
# What still runs after so many seconds never ends: its stacks are printed, and its process ends.
HUNG := -o faulthandler_timeout=1500 -o faulthandler_exit_on_timeout=true

# Compiled once, where an image for containers asks Python to keep nothing: each start of a program and of the tests would compile again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo check test integration thorough project pod-security mutation mutation-sample servers \
  debian helm kubeseal kube-score trivy e2e fuzz try verify verify-first verify-rest versions docs dist lint fmt bench clean
.NOTPARALLEL: # the targets share .venv and .tools, and each uses the processors as it needs

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-13s%s\n", $$1, $$2}' Makefile

setup: ## install what the promote command needs
	@$(PYTHON) -m tools.setup promote

setup-test:
	@$(PYTHON) -m tools.setup test

demo: setup ## run a promotion from end to end in a sandbox
	@$(BIN)/python tools/demo.py

check: setup ## render the overlays, validate them and ask the policies
	@$(BIN)/promote check $(ENVIRONMENTS) delivery/argocd delivery/argocd/notifications delivery/flux delivery/flux/notifications delivery/reader/argocd delivery/reader/flux

test: lint ## lint, then run the quick tests, in about three minutes
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not thorough"

integration: setup-test ## run the slower tests, most of which run promote in repositories with real tools
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow and not thorough"

thorough: setup-test ## run the tests with every combination, more examples, and coverage
	@$(BIN)/python -m pytest -n 2 --dist worksteal --hypothesis-profile thorough --cov --cov-report=term
	@$(BIN)/python -m pytest -n 2 --dist worksteal --hypothesis-profile thorough tests/project

mutation: setup-test ## weaken the manifests and break the rules, one line at a time, and see who notices
	@$(BIN)/python -m tests.mutation
	@$(BIN)/python -m tests.mutation.rego

# The workflow `check` runs this target. .ci/run, whose time is limited, runs both parts: the second only while there is time.
verify: verify-first verify-rest ## run all that must pass before a merge

verify-first: versions debian setup-test check test demo e2e

verify-rest: integration pod-security servers project mutation-sample fuzz

versions: ## print the versions of Python, Go and everything that is locked
	@$(PYTHON) -m tools.versions

mutation-sample: setup-test
	@$(BIN)/python -m tests.mutation --sample 150

debian: ## install the programs that `make servers` tries settings with
	@bash tools/install-debian-packages.sh
	@bash tools/unpack-rabbitmq.sh

servers: ## try the settings and scripts of the data stores and the edge with the real programs
	@$(PYTHON) -m tools.setup servers
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/servers

project: setup-test ## test setup from locks, the recipes of CONTRIBUTING, generated repositories, and that every test is run
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not thorough" tests/project

pod-security: setup-test ## compare the rules with all fixtures of the Pod Security Standards
	@$(BIN)/python -m tests.policies.pod_security

fuzz: ## fuzz every parser of input from outside, each for FUZZ_SECONDS
	@$(PYTHON) -m tools.setup fuzz
	@$(BIN)/python -m tests.fuzz

helm: ## build the program with which charts are rendered, if promote.yaml allows them
	@$(PYTHON) -m tools.setup helm

kubeseal: ## build the program that seals secrets
	@$(PYTHON) -m tools.setup kubeseal

kube-score: ## build a second judge of the rendered environments
	@$(PYTHON) -m tools.setup kube-score

trivy: ## build another judge of the rendered environments
	@$(PYTHON) -m tools.setup trivy

e2e: ## roll both environments out in a real control plane
	@$(PYTHON) -m tools.setup e2e
	@$(BIN)/python -m pytest -n 5 --maxfail 3 $(HUNG) tests/e2e

try: ## start Argo CD, Gitea and a control plane on this machine, to click through
	@$(PYTHON) -m tools.setup e2e
	@$(BIN)/python -m tools.try_argocd $(if $(ARGOCD_PAGES),--argocd-pages "$(ARGOCD_PAGES)") $(if $(GITEA_PAGES),--gitea-pages "$(GITEA_PAGES)")

dist: setup ## build the wheels of every platform, the source, bills of materials and checksums into dist/
	@$(BIN)/python -m tools.dist $(if $(VERSION),--version "$(VERSION)")

docs: setup-test ## write the pages that are made from rules and manifests
	@$(BIN)/python -m tools.docs

lint: setup-test ## check the style of Python, Rego and workflows
	@$(BIN)/python -m tools.lint

fmt: setup-test ## format Python and Rego
	@$(BIN)/ruff check --quiet --fix
	@$(BIN)/ruff format
	@.tools/bin/opa fmt --write policies

bench: setup ## measure the promote command
	@$(BIN)/python tools/bench.py
	@$(BIN)/python tools/bench_volume.py
	@$(BIN)/python tools/bench_scale.py

clean: ## remove all that setup and the tests have made
	rm -rf .venv .tools .sandbox dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
