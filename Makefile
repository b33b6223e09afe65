# make demo    draw films, predict and evaluate them
# make check   run every test, as CI does
# Both first install missing packages (Debian, apt-get) and build.
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

demo: build
	@sh tools/demo.sh

clean:
	rm -rf $(BUILD) build-asan build-tsan build-gcc build-clang demo-out

.PHONY: all deps build check demo clean
