# make demo    draw films, predict and evaluate them
# make check   run every test, as CI does
# make check-long   kill each command at 1,000 moments and fuzz each reader for ten minutes
# All first install missing packages (Debian, apt-get) and build.
.POSIX:
BUILD = build

all: build

deps:
	@sh tools/install-deps.sh

build: deps
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD)
	@ninja -C $(BUILD)

check: deps
	@sh tools/check.sh

check-long: build
	@sh tools/check-long.sh

demo: build
	@sh tools/demo.sh

clean:
	rm -rf $(BUILD) build-asan build-tsan build-gcc build-clang build-fuzz demo-out

.PHONY: all deps build check check-long demo clean
