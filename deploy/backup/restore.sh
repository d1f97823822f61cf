#!/usr/bin/env bash
# Restores FILE, which backup.sh wrote, into an EMPTY database:
#
#   DATABASE_URL=postgres://orders:…@host:5432/orders_restored deploy/backup/restore.sh FILE
#
# The old database stays as it is; docs/operating.md, "Backup and restore", says how the service gets to the
# new one, and what it does there. Needs pg_restore and psql, of the server's major version or newer.
#
#   SKIP_IDS   how many order ids to leave out after the last one of the backup (10000000: a day at a
#              hundred orders a second). Orders that were made after the backup had them: their clients and
#              Temporal know these ids, and must not find somebody else's order there.
#   JOBS       how many connections restore at a time (4)
#
# Exit code: 0 done, 1 failed (drop the database and begin again), 2 called wrongly, nothing was changed.
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

pg_restore --list "$file" >/dev/null || die 2 "$file is no backup"
relations=$(ask --command="SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") ||
    die 2 "the database cannot be asked, see above"
[[ $relations -eq 0 ]] || die 2 "the database is not empty; make a new one (createdb)"

pg_restore --dbname="$database" --no-owner --no-privileges --no-password --exit-on-error --jobs="$jobs" "$file" ||
    die 1 "pg_restore failed, see above; drop this database and begin again"

# The statistics are not in a backup: without them every plan is a guess.
ask --set=skip_ids="$skip_ids" <<'SQL' || die 1 "the database is restored, but see above; drop it and begin again"
SELECT setval('orders_id_seq', last_value + :skip_ids) FROM orders_id_seq \g /dev/null
ANALYZE;
SQL
say "restored $(ask --command="SELECT format('%s orders, %s of them open, the newest of %s; the next id is above %s',
    count(*), count(*) FILTER (WHERE status IN ('pending', 'processing')), max(created_at),
    (SELECT last_value FROM orders_id_seq)) FROM orders")"
