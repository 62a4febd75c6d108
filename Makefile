# Thin front of CMake and the scripts. Missing Debian packages are installed first, with sudo when
# not root, and one line says so.
.PHONY: all demo test test-commands test-cpython test-packages test-trixie test-mutations test-faults fuzz stress-moved soak bench check install clean

all: build/release/.built

build/release/.built: FORCE | build
	@scripts/install-packages build test
	@cmake --preset release > build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build --preset release --target pysnap pysnap-run pysnap-boot pysnap-agent pysnap-learner
	@touch $@
build:
	@mkdir -p build
FORCE:

demo: all
	@scripts/install-packages demo
	@scripts/demo

test: all
	@scripts/install-packages test
	@cmake --build --preset release
	@scripts/run-tests

# Not part of `test`: it needs root rights, the network and 300 MB for a Debian 13 system.
test-trixie: all
	@tests/trixie/run.py

# Long, and they install many packages of their own: not part of `test`.
test-commands: all
	@scripts/install-command-environment
	@tests/real_commands/run_commands.py --results docs/results/real-commands.md

test-packages: all
	@scripts/install-command-environment
	@tests/package_suites/run_suites.py --results docs/results/package-suites.md

# CPython's own tests, every interpreter that is here: some hours.
test-cpython: all
	@scripts/install-packages test
	@tests/cpython/run.py --json build/cpython-tests.json --markdown docs/results/cpython-tests.md

# Each parser of an image, of a command line and of what the kernel tells, for SECONDS each.
SECONDS ?= 60
fuzz:
	@scripts/install-packages build test
	@tests/fuzz/run.py --seconds $(SECONDS)

# 20,000 damaged images, and 100,000 launches of one: some minutes each.
test-mutations: all
	@cmake --build --preset release --target tests
	@tests/mutated_images/run.py --mutants 20000 --results docs/results/mutated-images.md

# 200 builds that are killed, and each system call of a launch: some minutes.
test-faults: all
	@scripts/install-packages test
	@tests/faults/run.py --kills 200 --results docs/results/faults.md

# Each image that can move, at 200 places: some hours.
stress-moved: all
	@tests/moved_launches/run.py --places 200 --all --results docs/results/moved-launches.md

soak: all
	@tests/soak/run.py --launches 100000 --results docs/results/soak.md

bench: all
	@scripts/install-packages bench
	@bench/run_benchmarks

check:
	@scripts/install-packages test
	@scripts/check
	@python3 tests/scripts/test_check.py

PREFIX ?= /usr/local
install: all
	@cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build
