# `make` lists the targets; each does all of its own set-up.

PYTHON_ENV := .venv/.ready
SAM_ENV := .tools/sam/.ready
AWS_ENV := .tools/aws/.ready
MUTANTS_ENV := .tools/mutants/.ready
python := .venv/bin/python
# `sam build` needs a python3.13 with pip first on PATH.
sam := SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/.tools/sam/bin:$$PATH" .tools/sam/bin/sam
compile := .tools/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-header \
	--no-annotate --upgrade
pytest := $(python) -m pytest -m "not acceptance"
in_account = $(if $(PROFILE),--profile "$(PROFILE)") $(if $(REGION),--region "$(REGION)")
checked := $(wildcard functions embedded local tests ops bench)

# Keeps bytecode between runs: without it every run compiles what it imports anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-machine test-others properties lint accept mutants bench build package deploy check replay smoke pictures lock clean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(PYTHON_ENV) ## install what the other targets need, into this folder only

demo: $(PYTHON_ENV) ## play a mitigation task through the whole stack, on this machine
	@$(python) -m local run events/scenarios/quarantine.json $(ARGS)

test: $(PYTHON_ENV) ## run the tests; ARGS="-k sms" picks some
ifdef ARGS
	@$(pytest) $(ARGS)
else
	@$(MAKE) --no-print-directory -j2 $(synced) test-machine test-others
endif

# Two processes: the plays of the state machine take as long as all the other tests.
machine := tests/faults tests/statemachine
synced := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
test-machine:
	@$(pytest) $(machine)
test-others:
	@$(pytest) $(machine:%=--ignore=%)

properties: $(PYTHON_ENV) ## draw 10,000 answers for each property, where make test draws a sample
	@HYPOTHESIS_PROFILE=full $(python) -m pytest tests/properties $(ARGS)

lint: $(PYTHON_ENV) ## check style, types and which module may import which
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m mypy $(checked)
	@PYTHONPATH=functions .venv/bin/lint-imports --no-logo

accept: $(PYTHON_ENV) $(SAM_ENV) $(AWS_ENV) ## build, deploy, update and delete the stack with the SAM CLI, on this machine
	@$(python) -m pytest tests/acceptance tests/commands tests/package \
		tests/budgets/test_cold_starts.py $(ARGS)

mutants: $(MUTANTS_ENV) ## change functions/mitigation a bit here and there, and list what no test notices; takes long
	@.tools/mutants/bin/python scripts/mutants.py $(ARGS)

bench: $(PYTHON_ENV) $(SAM_ENV) ## measure it all side by side, and write the tables of docs/
	@$(python) -m bench $(ARGS)

package: $(PYTHON_ENV) $(SAM_ENV) ## write dist/, which `aws cloudformation` deploys without Python 3.13 or the SAM CLI
	@PATH="$(CURDIR)/.tools/sam/bin:$$PATH" $(python) scripts/package.py

build: $(SAM_ENV) ## sam build
	@$(sam) build $(ARGS)

deploy: $(SAM_ENV) ## sam build and sam deploy, to your account; ARGS=--guided for the first time
	@$(sam) build
	@$(sam) deploy $(ARGS)

replay: $(PYTHON_ENV) ## send the dead letters of STACK=name again; ARGS="--dry-run" shows them
	@$(python) -m ops.replay --stack-name "$(or $(STACK),mitigation-notifier)" $(in_account) $(ARGS)

check: $(PYTHON_ENV) ## say what would leave people in silence: subscribers, secret, trail, sweep, letters, alarms
	@$(python) -m ops.check --stack-name "$(or $(STACK),mitigation-notifier)" $(in_account) $(ARGS)

smoke: $(PYTHON_ENV) $(SAM_ENV) ## try the stack in the account of PROFILE=name, and delete it again; asks first
	@$(python) -m ops.smoke $(in_account) $(if $(TASK_ID),--task-id "$(TASK_ID)") \
		$(if $(TASK_TYPE),--task-type "$(TASK_TYPE)") $(ARGS)

pictures: $(PYTHON_ENV) ## draw docs/pictures anew; needs Chromium and Node.js
	@PYTHONPATH=functions $(python) -m local.pictures

lock: $(PYTHON_ENV) ## pin the newest versions that requirements*.in allow
	@$(compile) --python-version 3.8 requirements-uv.in -o requirements-uv.txt
	@$(compile) functions/requirements.in -o functions/requirements.txt
	@$(compile) requirements-dev.in -o requirements-dev.txt
	@$(compile) requirements-sam.in -o requirements-sam.txt
	@$(compile) requirements-aws.in -o requirements-aws.txt
	@$(compile) requirements-mutants.in -o requirements-mutants.txt

clean: ## remove everything that was installed or built here
	rm -rf .venv .tools .aws-sam dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

bootstrap := sh scripts/with_python.sh scripts/bootstrap.py
bootstrap_inputs := .python-version requirements-uv.txt scripts/bootstrap.py

$(PYTHON_ENV): requirements-dev.txt $(bootstrap_inputs) .venv/bin/python
	@$(bootstrap) dev

$(SAM_ENV): requirements-sam.txt $(bootstrap_inputs) .tools/sam/bin/python
	@$(bootstrap) sam

$(AWS_ENV): requirements-aws.txt $(bootstrap_inputs) .tools/aws/bin/python
	@$(bootstrap) aws

$(MUTANTS_ENV): requirements-mutants.txt $(bootstrap_inputs) .tools/mutants/bin/python
	@$(bootstrap) mutants

# Links: an environment whose Python was uninstalled counts as out of date.
.venv/bin/python .tools/sam/bin/python .tools/aws/bin/python .tools/mutants/bin/python:
