# The tasks of this repository. "make" alone lists them.
#
# Everything is fetched by the go command and npm; the programs of tools/ are
# built once and kept outside of the repository (scripts/tools.sh).

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
FUZZTIME ?= 10s
BENCH    ?= .
LDFLAGS  := -s -w -X main.version=$(VERSION)
PACKAGES := ./...
RACING   := ./internal/cycle/... ./internal/server/... ./internal/triage ./internal/store/... ./internal/intel/osv ./internal/intel/fetch \
            ./agent/... ./internal/discover/flow ./internal/discover/registry ./internal/validate/...
GOTEST    = "$$(scripts/tools.sh)/gotest"

.DEFAULT_GOAL := help
.PHONY: help ui build test e2e screenshots lint fmt bench accuracy fuzz race integration cover run demo loop clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 14

ui: ## build the user interface (Node 20.19 or newer; UI=none leaves it out)
	@[ "$(UI)" = none ] || scripts/ui.sh

build: ui ## build bin/tidemark and bin/tidemark-agent, static files
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/tidemark ./cmd/tidemark-agent

test: postgres ui chromium ## run every test, those of the interface and in the browser too; ends on "N passed, N failed, N skipped"
	@go -C tools test ./...
	@$(GOTEST) -timeout 40m $(PACKAGES)

e2e: ui chromium ## only the tests in the browser, on the large estate too (UPDATE=1 writes docs/ux-checks.md)
	@E2E_BIG=1 $(GOTEST) -count=1 -timeout 60m ./e2e $(if $(UPDATE),-args -update)

screenshots: build chromium ## the pictures of the README
	@scripts/screenshots.sh

lint: ## formatting, vet, analyzers, tidy modules, the rules of the house
	@scripts/lint.sh

fmt: ## format all Go files
	"$$(scripts/tools.sh)/gofumpt" -w $$(git ls-files '*.go')

bench: ## print the figures of every benchmark (BENCH=pattern)
	go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 60m ./...

accuracy: ## measure how right matching is, against osv-scanner too; docs/accuracy.md is what it prints (UPDATE=1 writes it)
	@scripts/accuracy.sh $(if $(UPDATE),-update)

fuzz: ## run every fuzz target for FUZZTIME (10s)
	@scripts/fuzz.sh $(FUZZTIME)

race: postgres ## run the rooms with concurrency under the race detector
	@$(GOTEST) -race -short $(RACING)

integration: ## against a real Kubernetes API server (built once); EVERY=1 runs every slow test, both engines, under the race detector, for hours
	@$(if $(EVERY),scripts/postgres.sh;) lab=$$(scripts/kubelab.sh) || [ "$${CI:-}" != true ] || exit 1; export TIDEMARK_KUBELAB=$$lab; \
	$(GOTEST) -tags=integration $(if $(EVERY),-race -timeout 5h $(PACKAGES),-count=1 -timeout 15m -run '^Test(AReal|Lab)' ./cmd/tidemark ./cmd/tidemark-agent ./agent/kube ./internal/kubelab)

cover: ## test coverage by function, and in total
	go test -coverprofile=cover.out ./... && go tool cover -func=cover.out

run: build ## a server on this machine, with its data in the user's state folder
	@bin/tidemark serve

demo: build ## a made-up company in the browser: prints the address and who can sign in
	@bin/tidemark demo

loop: build ## the loop on a small estate, in the terminal
	@scripts/demo.sh

clean: ## remove what builds left here
	rm -rf bin cover.out

.PHONY: postgres chromium
postgres:
	@scripts/postgres.sh

chromium:
	@scripts/chromium.sh
