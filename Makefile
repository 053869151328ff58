# Motcua: `make up` runs it, `make test` proves it. Each sets up what it needs first.
.DEFAULT_GOAL := help
.PHONY: help up test check evaluate evaluate-compare bench bench-notifier soak faults format clean

help: ## say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

up: ## set up and start everything; Ctrl-C stops it
	@./motcua up

test: setup-dev ## everything that proves the project
	@./motcua dev test

check: setup-dev ## lint, types, import floors, locks, Rasa's own validation
	@./motcua dev check

evaluate: ## score the understanding on ../shared/eval, or on the project's own set
	@./motcua evaluate

evaluate-compare: ## our understanding beside Rasa's default and others (hours: DIET is slow)
	@./motcua evaluate-compare

bench: setup-dev ## timings, as ratios against a baseline of the same minute
	@./motcua dev bench

bench-notifier: setup-dev ## the notifier's timings alone (under 12 minutes, in a quiet hour)
	@./motcua dev bench dispatch claim latency receipts

soak: setup-dev ## ten minutes of 32 conversations at once, and the curve of the memory
	@./motcua dev soak

faults: setup-dev ## the long form of the fault suite
	@./motcua dev faults

format: setup-dev ## put the code in its usual form
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

clean: ## forget environments and state (asks nothing: var/ holds the database)
	rm -rf .venv bot/.venv .tools var

.PHONY: setup-dev
setup-dev:
	@./motcua setup --dev
