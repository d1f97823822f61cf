# `./justw RECIPE` (or `just RECIPE`, once the tools are there) runs one of these.

# The tools' own calls home are not wanted.
export REDOCLY_TELEMETRY := "off"
export REDOCLY_SUPPRESS_UPDATE_NOTICE := "true"

[private]
default:
    @just --list --unsorted

# Run everything on this machine: PostgreSQL, Temporal, the API and a worker
[positional-arguments]
run *ARGS: build
    @exec cargo run --quiet --locked --bin orders -- dev "$@"

# Check and test everything; ARGS go to `cargo test`
[positional-arguments]
test *ARGS: check-generated lint contract-diff corpus
    @echo "== tests"
    cargo test --workspace --locked "$@"
    @echo "== chaos, a short one"
    @cargo build --quiet --locked --bin orders
    @cargo run --quiet --locked --package chaos -- --seed 63308 --faults 12 --orders 300
    @echo "== upgrade from the version before, under load"
    @just upgrade --orders 300

# Break things at random under load, then audit every order; ARGS: --seed, --faults, --orders, --limit (see --help)
[positional-arguments]
chaos *ARGS: build
    @cargo run --quiet --locked --package chaos -- "$@"

# Replace every process of the version before by one of this version, under load, and audit every order
[positional-arguments]
upgrade *ARGS: build
    @deploy/build-previous.sh
    @cargo run --quiet --locked --package chaos -- --upgrade-from target/previous/debug/orders "$@"

# Measure the service against plain references on this machine; ARGS: --quick, --only NAME,..., --accept (see --help)
[positional-arguments]
bench *ARGS:
    @cargo build --release --locked --bin orders --package order-processing --bin bench --package bench
    @exec target/release/bench "$@"

# Make generated/ anew from the contract
generate:
    cargo run --quiet --package codegen -- generate

# Write a crate of its own at DIR that serves the contract SPEC and answers 501 everywhere
[no-cd, positional-arguments]
stub SPEC DIR:
    @exec cargo run --quiet --locked --manifest-path "{{ justfile_directory() }}/Cargo.toml" --package codegen -- stub "$1" "$2"

# Make servers of contracts with everything in them (crates/codegen/corpus), and ask them
corpus:
    @echo "== corpus of contracts"
    cargo test --manifest-path crates/codegen/corpus/Cargo.toml --target-dir target/corpus --locked

# Build the client package for typescript, python, rust, go or java into target/sdk/
sdk LANG: generate
    @.tools/venv/bin/python sdk/build.py build {{ LANG }}

# Try the client packages against the running service, all or some (go,java), and print the table
sdk-test LANGS="":
    @{{ if LANGS == "" { "" } else { "ORDERS_TEST_SDKS='" + LANGS + "'" } }} cargo test --quiet --locked --test integration -- sdk:: --nocapture

# Build the program
build:
    cargo build --locked --bin orders

# Format the code that people write
fmt:
    cargo fmt --all

# Check format, lints, the contract, the dependencies, the migrations and the deployment files
lint: contract-lint deny check-source check-migrations check-deploy
    @echo "== rustfmt"
    cargo fmt --all --check
    @echo "== clippy"
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Lint the contract
contract-lint:
    @echo "== contract"
    @out=$(redocly lint --config tools/redocly.yaml --max-problems=1000 api/openapi.yaml 2>&1); status=$?; echo "$out"; \
        [ $status -eq 0 ] && ! echo "$out" | grep -q "warning"

# Check the dependencies' licences, where they come from, and that none is banned or there twice
deny:
    @echo "== dependencies"
    @# Some crates have their licence in a file only, which is read.
    cargo deny --locked --workspace check --allow no-license-field licenses bans sources

# Say what changed for clients since the released contract, or since REF of git; fail when the version does not say so
contract-diff REF="":
    @echo "== contract, compared with {{ if REF == "" { "api/released.yaml" } else { REF } }}"
    @mkdir -p target
    @{{ if REF == "" { "cp api/released.yaml target/contract-before.yaml" } else { "git show '" + REF + ":api/openapi.yaml' > target/contract-before.yaml" } }}
    @cargo run --quiet --locked --package contract-diff -- target/contract-before.yaml api/openapi.yaml

# Keep the contract as the released one, which later changes are compared with
contract-release: contract-lint contract-diff
    cp api/openapi.yaml api/released.yaml

# Fail when generated/ is not what the contract makes
check-generated: generate
    @echo "== generated code"
    @changes=$(git status --porcelain --untracked-files=all -- generated) || \
        { echo "error: git, which is asked whether generated/ changed, failed (see above)"; exit 1; }; \
        [ -z "$changes" ] || { git --no-pager diff HEAD -- generated; echo "$changes"; \
        echo "error: generated/ was not in step with the contract; it is now: look at it and commit it"; exit 1; }

# Check that statements name their columns, that errors say what they mean, and that no note is in the tree
check-source:
    @echo "== source"
    @.tools/venv/bin/python tools/check_source.py

# Check that migrations block nobody for long
check-migrations:
    @echo "== migrations"
    squawk --config tools/squawk.toml migrations/*/up.sql
    @# What `up` adds, `down` drops.
    squawk --config tools/squawk.toml --exclude require-timeout-settings --exclude prefer-robust-stmts \
        --exclude ban-drop-column --exclude ban-drop-table migrations/*/down.sql

# Check Dockerfile and compose.yaml, as far as that goes without an engine
check-deploy:
    @echo "== deployment files"
    hadolint Dockerfile
    check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
    @.tools/venv/bin/python deploy/check.py
    @if command -v shellcheck >/dev/null; then git ls-files '*.sh' justw | xargs shellcheck; else echo "shellcheck has no wheel for this machine: left out"; fi

# Check the alert rules, and make each alert fire on made-up series (needs Prometheus's promtool)
alerts:
    @command -v promtool >/dev/null || { echo "error: promtool is not there: it comes with Prometheus (Debian: apt-get install prometheus)"; exit 1; }
    promtool check rules deploy/monitoring/alerts.yaml
    promtool check config deploy/monitoring/prometheus.yaml
    promtool test rules deploy/monitoring/alerts_test.yaml

# Apply every pending migration to the database of the settings
migrate-up: build
    @cargo run --quiet --locked --bin orders -- migrate up

# Take back the newest migration
migrate-down: build
    @cargo run --quiet --locked --bin orders -- migrate down

# Show which migrations are applied
migrate-status: build
    @cargo run --quiet --locked --bin orders -- migrate status

# Remove what was built and the data of `run`; the tools stay
clean:
    cargo clean
    rm -rf .orders
