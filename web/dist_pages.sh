#!/bin/sh
# Builds the pages into a source archive (meson dist), and leaves nothing else there.
set -eu
web=$MESON_DIST_ROOT/web
(cd "$web" && npm ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null &&
    node build.mjs && rm -rf node_modules src/api_types.ts)
