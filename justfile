# Run a recipe with `./justw RECIPE` (or `just RECIPE`, once the tools are installed).

# Disable the tools' telemetry.
export REDOCLY_TELEMETRY := "off"
export REDOCLY_SUPPRESS_UPDATE_NOTICE := "true"

GENERATED := "generated crates/partner-sandbox/generated"

[private]
default:
    @just --list --unsorted

# Run PostgreSQL, Temporal, the API and a worker on this machine; ARGS go to `orders dev`
[positional-arguments]
run *ARGS: build
    @exec cargo run --quiet --locked --bin orders -- dev "$@"

# Run all checks and tests; ARGS go to `cargo test`
[positional-arguments]
test *ARGS: check-generated lint contract-diff corpus
    @echo "== tests"
    cargo test --workspace --locked "$@"
    @echo "== times of the console"
    cargo test --locked --test integration -- --ignored --exact console::the_console_is_fast
    @echo "== instructions of a request"
    @cargo build --quiet --locked --bin orders
    @cargo run --quiet --locked --package bench -- --only instructions --orders-binary target/debug/orders --results target/bench
    @echo "== chaos, short run"
    @cargo run --quiet --locked --package chaos -- --seed 63308 --faults 12 --orders 300
    @echo "== upgrade from the previous version under load"
    @just upgrade --orders 300

# Inject random faults under load, then audit every order; ARGS: --seed, --faults, --orders, --limit (see --help)
[positional-arguments]
chaos *ARGS: build
    @cargo run --quiet --locked --package chaos -- "$@"

# Upgrade every process from the previous version to this one under load, then audit every order
[positional-arguments]
upgrade *ARGS: build
    @deploy/build-previous.sh
    @cargo run --quiet --locked --package chaos -- --upgrade-from target/previous/debug/orders "$@"

# Benchmark the release build against reference implementations; ARGS: --quick, --only NAME,..., --accept (see --help)
[positional-arguments]
bench *ARGS:
    @cargo build --release --locked --bin orders --package order-processing --bin bench --package bench
    @exec target/release/bench "$@"

# Run a Temporal cluster on this machine, built from source with Go; ARGS: --nodes, --port, --data-dir (see --help)
[positional-arguments]
cluster *ARGS: temporal-server
    @exec cargo run --quiet --locked --package dev-servers -- "$@"

# Run the tests of the workflow, of the reconciler and of an upgrade on a Temporal cluster
test-cluster: temporal-server build
    @echo "== tests on a cluster"
    ORDERS_TEST_TEMPORAL=cluster cargo test --locked --test integration -- workflow:: reconciler:: fulfilment:: ownership::
    @echo "== rolling upgrade of everything on a cluster"
    @just upgrade --orders 300 --cluster 2 --standby

[private]
temporal-server:
    @tools/temporal-server/build.sh

# Regenerate all generated code from the contracts
generate:
    cargo run --quiet --package contract-cli -- generate api/openapi.yaml generated/server
    @for partner in inventory payment shipping; do \
        cargo run --quiet --package contract-cli -- client "api/partners/$partner.yaml" "generated/$partner" || exit 1; \
        cargo run --quiet --package contract-cli -- generate "api/partners/$partner.yaml" \
            "crates/partner-sandbox/generated/$partner" || exit 1; \
    done

# Write a standalone crate to DIR that serves the contract SPEC and answers every operation with 501
[no-cd, positional-arguments]
stub SPEC DIR:
    @exec cargo run --quiet --locked --manifest-path "{{ justfile_directory() }}/Cargo.toml" --package contract-cli -- stub "$1" "$2"

# Generate servers from the contracts of crates/contract-codegen/corpus, and test them
corpus:
    @echo "== contract corpus"
    cargo test --manifest-path crates/contract-codegen/corpus/Cargo.toml --target-dir target/corpus --locked
    @echo "== golden files"
    @changes=$(git status --porcelain --untracked-files=all -- crates/contract-codegen/corpus/src) || exit 1; \
        [ -z "$changes" ] || { git --no-pager diff HEAD -- crates/contract-codegen/corpus/src; echo "$changes"; \
        echo "error: generated code has changed; review and commit it"; exit 1; }
    @echo "== example: books"
    cargo test --manifest-path crates/contract-codegen/example/Cargo.toml --target-dir target/corpus --locked

# Measure the generator: a contract with 300 operations, and the OpenAPI documents in FOLDER
corpus-figures FOLDER="":
    DOCUMENTS="{{ FOLDER }}" cargo test --manifest-path crates/contract-codegen/corpus/Cargo.toml --target-dir target/corpus --locked \
        -- --ignored --nocapture {{ if FOLDER == "" { "a_contract_of_300_operations" } else { "documents_of_others" } }}

# Build the client package for typescript, python, rust, go or java into target/sdk/
sdk LANG: generate
    @.tools/venv/bin/python sdk/build.py build {{ LANG }}

# Test all client packages, or some (go,java), against the service, and print a table of results
sdk-test LANGS="":
    @{{ if LANGS == "" { "" } else { "ORDERS_TEST_SDKS='" + LANGS + "'" } }} cargo test --quiet --locked --test integration -- sdk:: --nocapture

# Build the console into generated/console/
console: generate
    @.tools/venv/bin/python console/build.py

# Fail if generated/console/ does not match the sources of the console
check-console:
    @echo "== console"
    @.tools/venv/bin/python console/build.py --check

# Build the `orders` binary
build:
    cargo build --locked --bin orders

# Format hand-written code
fmt:
    cargo fmt --all

# Check formatting, lints, the contract, dependencies, migrations and deployment files
lint: contract-lint deny check-source check-console check-migrations check-deploy
    @echo "== rustfmt"
    cargo fmt --all --check
    @echo "== clippy"
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Lint the contract and those of the partners
contract-lint:
    @echo "== contracts"
    @out=$(redocly lint --config tools/redocly.yaml --max-problems=1000 api/openapi.yaml api/partners/*.yaml 2>&1); status=$?; echo "$out"; \
        [ $status -eq 0 ] && ! echo "$out" | grep -q "warning"

# Check dependencies for licences, sources, bans and duplicate versions
deny:
    @echo "== dependencies"
    @# Some crates declare their licence only in a file; cargo-deny reads it.
    cargo deny --locked --workspace check --allow no-license-field licenses bans sources

# Show what changed for clients since the released contract, or since git REF, as text, json or markdown; fail if info.version does not match
contract-diff REF="" FORMAT="text":
    @{{ if FORMAT == "text" { "echo '== contract, compared with " + (if REF == "" { "api/released.yaml" } else { REF }) + "'" } else { "true" } }}
    @mkdir -p target
    @{{ if REF == "" { "cp api/released.yaml target/contract-before.yaml" } else { "git show '" + REF + ":api/openapi.yaml' > target/contract-before.yaml" } }}
    @cargo run --quiet --locked --package contract-cli -- diff target/contract-before.yaml api/openapi.yaml --format '{{ FORMAT }}'

# Save the contract as the released one, the baseline for contract-diff
contract-release: contract-lint contract-diff
    cp api/openapi.yaml api/released.yaml

# Fail if the generated code does not match the contracts
check-generated: generate
    @echo "== generated code"
    @changes=$(git status --porcelain --untracked-files=all -- {{ GENERATED }}) || \
        { echo "error: git failed (see above); it is needed to check whether generated code changed"; exit 1; }; \
        [ -z "$changes" ] || { git --no-pager diff HEAD -- {{ GENERATED }}; echo "$changes"; \
        echo "error: generated code was out of date and has been regenerated; review and commit it"; exit 1; }

# Check the source for SQL wildcards, misused errors and stray files
check-source:
    @echo "== source"
    @.tools/venv/bin/python tools/check_source.py

# Check that migrations do not block other transactions for long
check-migrations:
    @echo "== migrations"
    squawk --config tools/squawk.toml migrations/*/up.sql
    @# `down` drops what `up` adds.
    squawk --config tools/squawk.toml --exclude require-timeout-settings --exclude prefer-robust-stmts \
        --exclude ban-drop-column --exclude ban-drop-function --exclude ban-drop-table migrations/*/down.sql

# Check Dockerfile, compose.yaml and deploy/ without a container engine
check-deploy:
    @echo "== deployment files"
    hadolint Dockerfile
    check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
    @.tools/venv/bin/python deploy/check.py
    @if command -v shellcheck >/dev/null; then git ls-files '*.sh' justw | xargs shellcheck; else echo "shellcheck is skipped: there is no wheel for this platform"; fi

# Check the alert rules, and test every alert with sample series (needs Prometheus's promtool)
alerts:
    @command -v promtool >/dev/null || { echo "error: promtool is not installed; it is part of Prometheus (Debian: apt-get install prometheus)"; exit 1; }
    promtool check rules deploy/monitoring/alerts.yaml
    promtool check config deploy/monitoring/prometheus.yaml
    promtool test rules deploy/monitoring/alerts_test.yaml

# Apply all pending migrations to the configured database
migrate-up: build
    @cargo run --quiet --locked --bin orders -- migrate up

# Revert the latest migration
migrate-down: build
    @cargo run --quiet --locked --bin orders -- migrate down

# Show applied and pending migrations
migrate-status: build
    @cargo run --quiet --locked --bin orders -- migrate status

# Remove build output and the data of `run`; keep the tools
clean:
    cargo clean
    rm -rf .orders
