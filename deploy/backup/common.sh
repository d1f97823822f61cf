# shellcheck shell=bash
# Shared by backup.sh and restore.sh: connecting to the database, and reporting errors.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
    local code=$1
    shift
    say "error: $*"
    exit "$code"
}

# Sets `database`, a URL without a password. Every user of the machine can read the arguments of a process, so
# the password is passed to PostgreSQL's programs in the environment.
connect() {
    [[ -n ${DATABASE_URL:-} ]] || die 2 "DATABASE_URL is not set (postgres://user:password@host:5432/database)"
    if [[ $DATABASE_URL =~ ^(postgres(ql)?://[^:/?@]+):([^@/?]*)@(.*)$ ]]; then
        local password=${BASH_REMATCH[3]//\\/\\\\}
        printf -v PGPASSWORD '%b' "${password//%/\\x}"
        export PGPASSWORD
        database=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
    else
        # shellcheck disable=SC2034 # used by the caller
        database=$DATABASE_URL
    fi
    unset DATABASE_URL
    # Do not wait forever for an address that does not respond.
    export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
}
