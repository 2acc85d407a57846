# A thin front for Meson. `make demo` and `make test` install what they need first (tools/setup).

BUILD ?= build
SOURCES := $(shell git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' 'fuzz/*.[ch]' 2>/dev/null)

.PHONY: all setup build demo demo-churn demo-fraud test check bench bench-peers bench-truth bench-coverage fuzz format clean install

all: build

setup:
	@tools/setup

$(BUILD)/build.ninja: | setup
	@meson setup $(BUILD) >/dev/null

build: setup $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

demo: build
	@tools/demo $(BUILD)/quern

demo-churn: build
	@tools/demo-churn $(BUILD)/quern

demo-fraud: build
	@tools/demo-fraud $(BUILD)/quern

test: build
	@tools/test $(BUILD)

check: build
	@tools/check

bench: build
	@bench/run $(BUILD)

bench-peers:
	@bench/install-peers

# Flags through TRUTH, as in `make bench-truth TRUTH='--worlds 2 --users 10000'`.
bench-truth: build
	@tools/truth-table $(BUILD)/quern $(TRUTH)

# How often intervals hold the truth; flags through COVERAGE, as in COVERAGE='--worlds 30 --users 20000'.
bench-coverage: build
	@tools/coverage $(BUILD)/quern $(COVERAGE)

fuzz: setup
	@tools/fuzz

format:
	@clang-format -i $(SOURCES)

install: build
	@meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-*
