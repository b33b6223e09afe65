# make demo   the main job, on embedded defaults        make check   every test, as CI runs them
# Both install what is missing (Debian, apt-get) and build first.
.POSIX:
BUILD = build

all: build

deps:
	@sh tools/install-deps.sh

build: deps
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD)
	@ninja -C $(BUILD)

check: build
	@sh tools/check.sh

demo: build
	@sh tools/demo.sh

clean:
	rm -rf $(BUILD) build-asan demo-out

.PHONY: all deps build check demo clean
