# make demo    draw films, predict and evaluate them
# make check   run every test, as CI does
#              PEERS=1: with Orthanc, OHIF and other programs, which it installs
# make tidy    check the code with clang-tidy, as CI does (make check TIDY=1)
# make install      build, and install below PREFIX (/usr/local); make uninstall removes it
# make deb          Debian packages, in build-deb/packages
# make oci          a container image of these packages, in build-oci (as root)
# make check-long   1,000 kills, little memory, every allocation, ten minutes of fuzzing
# All first install missing packages (Debian, apt-get) and build.
.POSIX:
BUILD = build
PREFIX = /usr/local
DESTDIR =
MAINTAINER =

all: build

deps:
	@sh tools/install-deps.sh

build: deps
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD)
	@ninja -C $(BUILD)

# DESTDIR, an absolute path, is put before PREFIX, for packages.
install: deps
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD)
	@meson configure $(BUILD) -Dprefix='$(PREFIX)'
	@ninja -C $(BUILD)
	@DESTDIR='$(DESTDIR)' meson install -C $(BUILD) --no-rebuild --quiet

# Removes the last installation from this build folder, if it was made below this PREFIX.
uninstall:
	@grep -q '^$(DESTDIR)$(PREFIX)/' $(BUILD)/meson-logs/install-log.txt || { \
	    echo "$(BUILD) was not last installed below $(DESTDIR)$(PREFIX)" >&2; exit 1; }
	@ninja -C $(BUILD) uninstall

check: deps
	@sh tools/check.sh

tidy: deps
	@test -f build-clang/build.ninja || CC=clang CXX=clang++ meson setup build-clang >/dev/null
	@sh tools/check-tidy.sh build-clang

check-long: build
	@sh tools/check-long.sh

demo: build
	@sh tools/demo.sh

deb:
	@MAINTAINER='$(MAINTAINER)' sh tools/make-deb.sh

oci:
	@sh tools/make-oci.sh

clean:
	rm -rf $(BUILD) build-deb build-oci build-asan build-tsan build-gcc build-clang build-fuzz
	rm -rf build-peers demo-out

.PHONY: all deps build install uninstall deb oci check tidy check-long demo clean
