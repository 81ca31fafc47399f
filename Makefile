# Every way to use this tree. On a fresh Debian 12 machine with Rust and root, each target installs what it needs
# (`make deps`) and cleans up what it started.

SHELL := /bin/bash
CARGO ?= cargo

.PHONY: protocol help build deps demo test bench lint fuzz kill-walk soak clean-labs

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

build: ## The program, ready for hosts: target/x86_64-unknown-linux-gnu/release/quorate
	$(CARGO) build --release --locked --package quorate

deps: ## What the lab and the tests need from Debian
	@scripts/deps

demo: deps build ## Three lab hosts, deployed, proved and broken in front of you
	demo/run

test: ## All tests: decisions, transport, lab hosts, end to end, then a short fuzz
	@scripts/deps qemu-system-x86
	scripts/test

fuzz: deps ## Every fuzz target for FUZZ_SECONDS each (30); FUZZ_KEEP=1 keeps what it finds in the corpus
	scripts/fuzz

protocol: ## Random faults for the failover protocol: SEEDS of them (100000), beginning with FROM (0)
	FAILOVER_SEEDS=$${SEEDS:-100000} FAILOVER_SEED=$${FROM:-0} $(CARGO) test --locked --package failover --test protocol random_faults -- --nocapture

kill-walk: deps ## Kill the program and its helpers at every step of a deployment, and apply again
	KILL_WALK=1 scripts/test

soak: deps build ## Break lab hosts at random for HOURS (1), again as SEED did; FILE=examples/three-node.yaml
	scripts/soak

bench: build ## Deploying beside Ansible and pyinfra, reckoning beside SCRAM, growth, failover times, the cost of safety
	@scripts/deps scram sysbench
	bench/run.py
	bench/open_psa.py
	bench/survive.py
	bench/failover.py
	bench/replication.py
	bench/replication.py --timing fast
	bench/safety.py

lint: ## Formatting, clippy, named proofs; licences and advisories where cargo-deny is installed
	scripts/check-requirements
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny --locked check; \
	else echo "lint: licences and advisories were not checked; 'cargo install --locked cargo-deny' makes it possible"; fi

clean-labs: ## Remove all lab hosts that tests and trials left on this machine
	scripts/clean-labs
