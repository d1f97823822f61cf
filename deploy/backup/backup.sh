#!/usr/bin/env bash
# Writes a backup of the orders' database, consistent as of the moment at which it began, into FILE:
#
#   DATABASE_URL=postgres://orders:…@host:5432/orders deploy/backup/backup.sh FILE
#
# The service goes on meanwhile. FILE appears only when it is complete, readable and on the disk; one that is
# there already is left alone. Needs pg_dump, pg_restore and psql, of the server's major version or newer.
# Exit code: 0 done, 1 failed, 2 called wrongly.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

[[ $# -eq 1 && $1 != -* ]] || die 2 "usage: DATABASE_URL=… ${0##*/} FILE"
file=$1
[[ ! -e $file ]] || die 2 "$file is there already"
connect

# Customers' data: for nobody else on the machine.
umask 077
partial=$file.partial.$$
trap 'rm -f -- "$partial"' EXIT

# A service that has changed its tables waits no longer for us than for anybody else.
pg_dump --dbname="$database" --format=custom --no-owner --no-privileges --lock-wait-timeout=30s \
    --no-password --file="$partial" || die 1 "pg_dump failed, see above; there is no backup"

# Read from end to end: what cannot be read now cannot be read when it is needed.
pg_restore --file=/dev/null "$partial" || die 1 "what pg_dump wrote cannot be read"
contents=$(pg_restore --list "$partial")
for table in orders order_events workflow_intents; do
    [[ $contents == *"TABLE DATA public $table "* ]] ||
        die 1 "the database has no table $table: is it that of the orders?"
done
sync -- "$partial"
mv --no-clobber -- "$partial" "$file"
[[ ! -e $partial ]] || die 1 "$file appeared meanwhile; it is left alone"
sync -- "$(dirname -- "$file")"
say "wrote $file, $(stat --format=%s -- "$file") bytes"
