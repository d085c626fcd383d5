# Two commands are all that a fresh Debian 12 needs: `make demo` and `make test`. Each installs what is missing first and is
# quick when run again.
.DEFAULT_GOAL := help
.PHONY: help demo test build bench fuzz tidy format clean

JOBS ?= $(shell nproc)
export JOBS

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: build ## build, draw a small film on this machine's farm, say where it lies
	@scripts/setup engines
	@scripts/demo

test: ## build and run every test; the last line says how many passed and failed
	@scripts/test

build: ## the release program: build/release/atelier
	@scripts/setup build
	@scripts/build release atelier

bench: build ## measure against peers, and write bench/results.json
	@scripts/setup bench
	@bench/run

fuzz: ## each fuzz target for FUZZ_SECONDS (60)
	@scripts/setup build fuzz
	@scripts/fuzz

tidy: ## clang-tidy over the sources that differ from main (FILES=all: over all)
	@scripts/setup build lint
	@scripts/tidy

format: ## check the layout of all sources (FIX=1: lay them out)
	@scripts/setup lint
	@scripts/format $(if $(FIX),fix,check)

clean: ## remove what was built
	rm -rf build
