#!/bin/sh
set -eu
build/src/cli/spinexr
