#!/bin/sh
# Builds the version before this one, from the project's own history, for the test of an upgrade:
# target/previous/debug/orders.
set -eu

# 0.2.0: the last commit without authentication.
previous=2836ce30341b11492d0479cef5af8352fd52ea21

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
source="$root/target/previous-source"
program="$root/target/previous/debug/orders"
stamp="$root/target/previous/built"

commit=$(git -C "$root" rev-parse --verify --quiet "$previous^{commit}") || {
    echo "error: this clone has no history back to $previous; fetch it (git fetch --unshallow)" >&2
    exit 1
}
if [ -x "$program" ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$commit" ]; then
    exit 0
fi
echo "== building the version before, $previous"
rm -rf "$source"
mkdir -p "$source"
git -C "$root" archive "$commit" | tar -x -C "$source"
cargo build --locked --quiet --manifest-path "$source/Cargo.toml" \
    --target-dir "$root/target/previous" --bin orders
echo "$commit" >"$stamp"
