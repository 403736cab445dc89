# vpnaudit. Needs Python 3.11 or later and make; everything else is brought by the targets themselves.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test test-no-lab mutants check docs bench-acl bench-audit bench-report bench-collect bench-evidence rule truth acl-truth \
  router-truth lock clean system-browser system-lab

help:  ## what there is to do
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

# The lock is whole, so nothing is resolved. uv does it in a fraction of pip's time; where it cannot (an index that only pip is told of), pip does.
LOCKED := --quiet --no-deps --require-hashes -r
$(READY): requirements.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "vpnaudit needs Python 3.11 or later; name one: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "No virtual environment could be made. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --disable-pip-version-check $(LOCKED) requirements-uv.lock
	$(BIN)/uv pip install --system-certs --compile-bytecode --python $(BIN)/python $(LOCKED) requirements.lock \
	  || $(BIN)/python -m pip install --disable-pip-version-check $(LOCKED) requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check
	@touch $@

demo: $(READY)  ## the main job, end to end, against an example cloud on this machine
	@$(BIN)/vpnaudit demo || test $$? -le 2

# What judges or guards is to be covered to its last branch, the rest of the package as far as COVERED. Both numbers only go up: 100 was
# reached before damaged replies, far ends as daemons read them and plans came in, and is to be reached again.
JUDGES := rules/* ipsec/* acl/* estate/* comparing/* asking/* cloudstack/* peers/* plan/* deliver/* \
  evidence/* diagnosis/* findings/* psk.py hostile.py audit.py policy.py
JUDGED := 99.8
COVERED := 99.6
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
comma := ,
empty :=
test: $(READY) $(if $(T),,system-browser system-lab)  ## all that runs, and what of the package it covers; make test T=tests/rules for a part
ifdef T
	$(PYTEST) $(T)
else
	$(PYTEST) --cov --cov-report=
	$(BIN)/python -m coverage report --fail-under=$(JUDGED) --include='$(subst $(empty) $(empty),$(comma),$(JUDGES:%=vpnaudit/%))'
	$(BIN)/python -m coverage report --fail-under=$(COVERED)
endif

test-no-lab: $(READY) system-browser  ## the same where network namespaces are forbidden
	$(PYTEST) -m 'not lab'

mutants: $(READY)  ## which small faults no test notices: make mutants T=vpnaudit/rules/dpd_off.py, T=vpnaudit/plan SAMPLE=50
	$(BIN)/python -m tests.mutants '$(T)' $(if $(TESTS),--tests '$(TESTS)') $(if $(SAMPLE),--sample $(SAMPLE)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(TIMEOUT),--timeout $(TIMEOUT)) $(if $(JOBS),--jobs $(JOBS))

check: $(READY)  ## all that is static
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/typos
	$(BIN)/python -m docs.generate --check

docs: $(READY)  ## write docs/rules/, docs/sandbox.md and docs/tables.md anew from the code
	$(BIN)/python -m docs.generate

bench-acl: $(READY)  ## the analysis of access lists beside Aerleon's shade check, and how both grow
	@$(BIN)/python -m benchmarks.acl_growth --html acl_growth.html

bench-audit: $(READY)  ## an audit of a provider's estate and how it grows: make bench-audit CONNECTIONS=100000 RULES=1000000 VARIANT=one-network
	@$(BIN)/python -m benchmarks.audit_growth $(if $(CONNECTIONS),--connections $(CONNECTIONS)) $(if $(RULES),--rules $(RULES)) \
	  $(if $(VARIANT),--variant $(VARIANT)) $(ARGUMENTS)

bench-report: $(READY) system-browser  ## a report beside stock papermill and nbconvert, and how a large one opens
	@$(BIN)/python -m benchmarks.report

bench-collect: $(READY)  ## a collection at 50 ms a call beside its floor and the client cs
	@$(BIN)/python -m benchmarks.collection

bench-evidence: $(READY)  ## lines a second of the reader of router logs beside grep -c over the same patterns
	@$(BIN)/python -m benchmarks.evidence_log

rule: $(READY)  ## a new rule with its case file: make rule NAME=tunnel-down
	$(BIN)/python -m docs.new_rule '$(NAME)'

truth: $(READY)  ## predict negotiations: make truth INPUTS=FILE OUT=FILE
	$(BIN)/python -m vpnaudit.ipsec.blind '$(INPUTS)' '$(OUT)'

acl-truth: $(READY)  ## predict packets: make acl-truth INPUTS=FILE OUT=FILE
	$(BIN)/python -m vpnaudit.acl.blind '$(INPUTS)' '$(OUT)'

router-truth: $(READY)  ## diagnose routers: make router-truth ARCHIVES=DIR INPUTS=FILE OUT=FILE
	$(BIN)/python -m vpnaudit.evidence.blind '$(ARCHIVES)' '$(INPUTS)' '$(OUT)'

LOCK := pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"
lock: $(READY)  ## resolve the dependencies anew: make lock UPGRADE=--upgrade for the newest of all
	$(BIN)/uv $(LOCK) $(UPGRADE) --all-extras pyproject.toml -o requirements.lock
	echo uv | $(BIN)/uv $(LOCK) $(UPGRADE) - -o requirements-uv.lock

system-browser:
	@tests/system.sh chromium:chromium fonts-liberation:/usr/share/fonts/truetype/liberation systemd:systemd-analyze

system-lab:
	@tests/system.sh iptables:iptables iproute2:ip iputils-ping:ping strongswan-starter:ipsec strongswan-charon:/usr/lib/ipsec/charon \
	  libcharon-extra-plugins:pt-tls-client libstrongswan-extra-plugins:tpm_extendpcr \
	  libstrongswan-standard-plugins:/usr/lib/ipsec/plugins/libstrongswan-gcm.so

clean:  ## remove what the targets made
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
