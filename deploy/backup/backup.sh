#!/usr/bin/env bash
# Writes a backup of the orders' database, consistent as of its start, to FILE:
#
#   DATABASE_URL=postgres://orders:…@host:5432/orders deploy/backup/backup.sh FILE
#
# The service can run meanwhile. FILE appears only when it is complete, verified and synced to disk; an existing
# file is not overwritten. Needs pg_dump, pg_restore and psql, of the server's major version or newer.
# Exit code: 0 success, 1 failure, 2 usage error.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

[[ $# -eq 1 && $1 != -* ]] || die 2 "usage: DATABASE_URL=… ${0##*/} FILE"
file=$1
[[ ! -e $file ]] || die 2 "$file already exists"
connect

# The backup contains customers' data: readable by this user only.
umask 077
partial=$file.partial.$$
trap 'rm -f -- "$partial"' EXIT

# Fail if a table stays locked for 30 s, for example by a migration.
pg_dump --dbname="$database" --format=custom --no-owner --no-privileges --lock-wait-timeout=30s \
    --no-password --file="$partial" || die 1 "pg_dump failed, see above; no backup was written"

# Verify the whole file now, not when it is needed.
pg_restore --file=/dev/null "$partial" || die 1 "pg_restore cannot read the file that pg_dump wrote"
contents=$(pg_restore --list "$partial")
for table in orders order_events workflow_intents; do
    # The data of a partitioned table is that of its partitions.
    [[ $contents =~ "TABLE DATA public $table"(_p[0-9]+)?" " ]] ||
        die 1 "the database has no table $table: is this the orders' database?"
done
sync -- "$partial"
mv --no-clobber -- "$partial" "$file"
[[ ! -e $partial ]] || die 1 "$file was created meanwhile; it is not overwritten"
sync -- "$(dirname -- "$file")"
say "wrote $file, $(stat --format=%s -- "$file") bytes"
