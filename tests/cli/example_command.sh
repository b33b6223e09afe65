#!/bin/sh
# example_command.sh CONTRIBUTING.md FILE.c: the document's first C block is the file, to the byte.
set -eu
awk '/^```c$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' "$1" | diff -u - "$2"
