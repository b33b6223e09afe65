#!/bin/sh
# Every C and C++ file is as clang-format would write it.
set -eu
find include src tests bench examples -name '*.[ch]' -o -name '*.cc' | xargs clang-format --dry-run --Werror
