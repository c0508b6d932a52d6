# make run      the wizard in the sandbox: no account, no cost
# make quick    lint and short tests, while you work
# make test     everything that must hold: needs, lint, tests, other systems
# make dist     wheels, packages and archives for every system, in dist/
# make help     the other targets

TARGETS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
# All of them are type-checked, one of each system is built too.
BUILDS  := linux/amd64 darwin/arm64 windows/amd64
# The linter and our own tools are built once, outside of the tree; .golangci.yml
# says what the linter looks for.
CACHE   ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jupyter-ec2-tools
SOURCES := $(wildcard .ci/tools/go.mod .ci/tools/*/go.mod .ci/tools/*/*.go)
TOOLS   := $(CACHE)/$(shell cat $(SOURCES) | cksum | tr ' ' -)
# The program is made small: nothing for a debugger, functions closer together,
# those of AWS's services not copied into each other, and no HTTP/2, which
# neither AWS's services nor Jupyter's need.
SMALL   := -trimpath -tags=nethttpomithttp2 -ldflags='-s -w -funcalign=16' \
	-gcflags='github.com/aws/aws-sdk-go-v2/service/...=-l'
OUT     ?= jupyter-ec2
DIST    ?= dist
TEXTS   ?= $(DIST)/texts
# One that Go 1.26 builds.
GORELEASER := v2.17.0
FUZZTIME ?= 10s
LONGTIME ?= 2m
ROUNDS  ?= 10
BUSY    ?= 0
BENCH   ?=
# Those that take longest come first.
SLOWEST := steps/hosttest,ui/cli,remote/jupyter,remote/testhost,aws/contract,steps/engine
SUITE   ?= $(TOOLS)/suite -first $(SLOWEST)

.PHONY: help run build test quick deps lint unit bench demo dist texts goreleaser test-dist fuzz long soak crosscheck cross wine clean

help: ## say what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-12s%s\n", $$1, $$2}' Makefile

run: ## the wizard in the sandbox
	go run . --sandbox

build: ## the program, as ./jupyter-ec2 (OUT=FILE: as that)
	go build $(SMALL) -o $(OUT) .

dist: $(TOOLS)/done ## what is published: wheels, packages, archives, licences and sums, in dist/ (DIST=FOLDER: there)
	$(TOOLS)/dist -out $(DIST) $(TARGETS)

texts: $(TOOLS)/done
	$(TOOLS)/dist -texts $(TEXTS) $(TARGETS)

goreleaser: ## check .goreleaser.yaml: many minutes the first time, it is a large program
	go run github.com/goreleaser/goreleaser/v2@$(GORELEASER) check

# Made again under another mask of permissions and in another time zone, it has
# to be the same. The strangers boot machines, as `make unit` does.
test-dist: dist ## install what make dist makes, as strangers would, on machines that have never seen it
	@again=$$(mktemp -d) && trap 'rm -rf "$$again"' EXIT && umask 077 && \
		TZ=Pacific/Auckland $(TOOLS)/dist -out "$$again" $(TARGETS) && diff $(DIST)/SHA256SUMS "$$again/SHA256SUMS"
	cd .ci/tools/dist && JUPYTER_EC2_DIST=$(abspath $(DIST)) go test -count=1 -timeout=1h -run '^TestDist$$' .
	JUPYTER_EC2_DIST=$(abspath $(DIST)) $(SUITE) -run '^TestStranger' ./steps/hosttest

test: deps lint crosscheck cross unit ## all that must hold before a change goes in

quick: lint ## lint and short tests, while you work: nothing to install, no root
	go test -short ./...

deps: ## what the tests need of this computer: says what is missing, and asks (YES=1: does not)
	@YES=$(YES) .ci/deps

unit: $(TOOLS)/done ## the tests alone, with the race detector
	cd .ci/tools && go test -timeout=1h ./...
	cd .ci/tools/dist && go test -timeout=1h .
	$(SUITE) ./...

$(TOOLS)/done: $(SOURCES)
	cd .ci/tools && GOBIN=$(TOOLS) go install tool ./bench ./crosscheck ./suite
	cd .ci/tools/dist && GOBIN=$(TOOLS) go install .
	@touch $@

lint: $(TOOLS)/done ## formatting and what the linters find
	go vet ./...
	$(TOOLS)/golangci-lint run
	cd .ci/tools && go vet ./... && $(TOOLS)/golangci-lint run
	cd .ci/tools/dist && go vet . && $(TOOLS)/golangci-lint run

crosscheck: $(TOOLS)/done ## type-check for every system, tests too, in seconds
	$(TOOLS)/crosscheck $(TARGETS)

# This computer's own system is built as `go run` does, with cgo where there is
# a C compiler: the linter has compiled all of that.
cross: ## build for each system: minutes the first time
	@for t in $(BUILDS); do \
		echo "build $$t"; \
		GOOS=$${t%/*} GOARCH=$${t#*/} go build -o /dev/null . || exit 1; \
	done

wine: ## what of the Windows program can be seen without Windows (needs wine64; some minutes)
	.ci/wine

bench: $(TOOLS)/done ## the benchmarks beside their peers, into docs/benchmarks.md (BENCH='-only list -rounds 1': some of them)
	$(TOOLS)/bench $(BENCH)

fuzz: ## every fuzz target for FUZZTIME
	@grep -rl --include='*_test.go' '^func Fuzz' . | while read -r f; do \
		for t in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$f"); do \
			go test -run='^$$' -fuzz="^$$t\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=2s "$$(dirname "$$f")" || exit 1; \
		done; \
	done
	JUPYTER_EC2_EXAMPLES=5000 go test -count=1 -run='^TestWatcherProperties$$' ./remote/jupyter

long: ## hours: every fuzz target for LONGTIME, random edits and faults, then the tests three times beside two busy loops
	$(MAKE) fuzz FUZZTIME=$(LONGTIME)
	go test -count=1 -timeout=2h -run='^TestRandomEdits$$' ./remote/project -rounds=10000
	$(MAKE) soak ROUNDS=3 BUSY=2

soak: ## the tests ROUNDS times, beside BUSY busy loops, or with COLD=1 from empty caches
	@ROUNDS=$(ROUNDS) BUSY=$(BUSY) COLD=$(COLD) .ci/soak

demo: ## the picture in the README, from demo.tape (needs vhs, ttyd, ffmpeg)
	docs/demo.sh

clean: ## remove what the other targets made here
	rm -rf jupyter-ec2 jupyter-ec2.exe dist
