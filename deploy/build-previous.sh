#!/bin/sh
# Builds the version before this one, from the project's own history, for the test of an upgrade:
# target/previous/debug/orders. With --print it only prints the commit.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
source="$root/target/previous-source"
program="$root/target/previous/debug/orders"
stamp="$root/target/previous/built"

version_of() {
    sed -n 's/^version = "\(.*\)"$/\1/p' | head -n 1
}

# The newest commit of the main line whose Cargo.toml has another version than this tree's.
current=$(version_of <"$root/Cargo.toml")
commit=
for changed in $(git -C "$root" rev-list --first-parent HEAD -- Cargo.toml); do
    for candidate in "$changed" "$changed^"; do
        manifest=$(git -C "$root" show "$candidate:Cargo.toml" 2>/dev/null) || continue
        version=$(printf '%s\n' "$manifest" | version_of)
        if [ "$version" != "$current" ]; then
            commit=$(git -C "$root" rev-parse "$candidate")
            break 2
        fi
    done
done
if [ -z "$commit" ]; then
    echo "error: this clone's history has no version before $current; fetch it (git fetch --unshallow)" >&2
    exit 1
fi
if [ "${1:-}" = --print ]; then
    echo "$commit $version"
    exit 0
fi
if [ -x "$program" ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$commit" ]; then
    exit 0
fi
echo "== building the version before, $version ($commit)"
rm -rf "$source"
mkdir -p "$source"
git -C "$root" archive "$commit" | tar -x -C "$source"
# Nearly all dependencies are the same, so those that are compiled already are linked instead of compiled again.
# What cargo writes in place is copied, and the project's own crates are removed: they are not those of that version.
if [ -d "$root/target/debug/deps" ] && [ ! -d "$root/target/previous/debug" ]; then
    mkdir -p "$root/target/previous"
    cp -al "$root/target/debug" "$root/target/previous/debug"
    rm -f "$root/target/previous/debug/.cargo-lock"
    cp -r --remove-destination "$root/target/debug/.fingerprint" "$root/target/previous/debug/"
    for manifest in "$source/Cargo.toml" "$source"/crates/*/Cargo.toml; do
        package=$(sed -n 's/^name = "\(.*\)"$/\1/p' "$manifest" | head -n 1)
        cargo clean --quiet --manifest-path "$source/Cargo.toml" --target-dir "$root/target/previous" \
            --package "$package"
    done
fi
# With the features of the whole workspace, as here.
cargo build --locked --quiet --workspace --manifest-path "$source/Cargo.toml" \
    --target-dir "$root/target/previous" --bin orders
echo "$commit" >"$stamp"
