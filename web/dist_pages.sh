#!/bin/sh
# Builds the pages into a source archive (meson dist).
set -eu
web=$MESON_DIST_ROOT/web
(cd "$web" && npm ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null &&
    node build.mjs && rm -rf node_modules)
