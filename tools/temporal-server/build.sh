#!/bin/sh
# Builds Temporal's server and its schema tool from source into .tools/temporal-server/, with the schema of that
# version. go.mod and go.sum pin everything. Needs Go.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
target="${ORDERS_TOOLS_DIR:-$here/../../.tools}/temporal-server"

pins() { cat "$here/go.mod" "$here/go.sum" "$here/build.sh" | cksum; }

[ "$(pins)" != "$(cat "$target/.stamp" 2>/dev/null || true)" ] || exit 0

command -v go >/dev/null 2>&1 || {
    echo "error: Go is not installed; Temporal's server is built from source, so install Go and run this again" >&2
    exit 1
}

echo "building Temporal's server (once, about 10 minutes on 2 cores) …" >&2
new="$target.new"
rm -rf "$new"
mkdir -p "$new"
cd "$here"
go build -buildvcs=false -trimpath -ldflags="-s -w" -o "$new/temporal-server" go.temporal.io/server/cmd/server
go build -buildvcs=false -trimpath -ldflags="-s -w" -o "$new/temporal-sql-tool" go.temporal.io/server/cmd/tools/sql
cp -R "$(go list -m -f '{{.Dir}}' go.temporal.io/server)/schema/postgresql/v12" "$new/schema"
# The module cache is read-only, and the server may run as another user.
chmod -R u+w,a+rX "$new"
pins >"$new/.stamp"
rm -rf "$target"
mv "$new" "$target"
