#!/usr/bin/env bash
# Restores FILE, which backup.sh wrote, into an EMPTY database:
#
#   DATABASE_URL=postgres://orders:…@host:5432/orders_restored deploy/backup/restore.sh FILE
#
# The old database is not changed. docs/operating.md, "Backup and restore", explains how to switch the service to
# the new one, and what happens then. Needs pg_restore and psql, of the server's major version or newer.
#
#   SKIP_IDS   number of order ids to skip after the last one of the backup (10000000: a day at a hundred
#              orders a second). They were assigned to orders created after the backup: clients and Temporal
#              know these ids, which must not refer to other orders.
#   JOBS       number of parallel connections for the restore (4)
#
# Exit code: 0 success, 1 failure (drop the database and start again), 2 usage error, nothing was changed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

[[ $# -eq 1 && $1 != -* ]] || die 2 "usage: DATABASE_URL=… ${0##*/} FILE"
file=$1
skip_ids=${SKIP_IDS:-10000000}
jobs=${JOBS:-4}
[[ -r $file ]] || die 2 "$file cannot be read"
[[ $skip_ids =~ ^[0-9]{1,15}$ ]] || die 2 "SKIP_IDS is not a number: $skip_ids"
[[ $jobs =~ ^[1-9][0-9]?$ ]] || die 2 "JOBS is not a number from 1 to 99: $jobs"
connect

ask() { psql --dbname="$database" --no-psqlrc --no-password --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }

pg_restore --list "$file" >/dev/null || die 2 "$file is not a backup"
relations=$(ask --command="SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") ||
    die 2 "cannot query the database, see above"
[[ $relations -eq 0 ]] || die 2 "the database is not empty; create a new one (createdb)"

pg_restore --dbname="$database" --no-owner --no-privileges --no-password --exit-on-error --jobs="$jobs" "$file" ||
    die 1 "pg_restore failed, see above; drop this database and start again"

# A backup contains no planner statistics.
ask --set=skip_ids="$skip_ids" <<'SQL' || die 1 "the data is restored, but a later step failed, see above; drop the database and start again"
SELECT setval('orders_id_seq', last_value + :skip_ids) FROM orders_id_seq \g /dev/null
ANALYZE;
SQL
say "restored $(ask --command="SELECT format('%s orders, %s of them open, the newest from %s; the next id is above %s',
    count(*), count(*) FILTER (WHERE status IN ('pending', 'processing')), max(created_at),
    (SELECT last_value FROM orders_id_seq)) FROM orders")"
