# shellcheck shell=bash
# What backup.sh and restore.sh share: the way to the database, and how to say that something is wrong.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
    local code=$1
    shift
    say "error: $*"
    exit "$code"
}

# Sets `database`, a URL without a password. Arguments of a process are for everybody on the machine to
# read, so the password goes to PostgreSQL's programs by the environment.
connect() {
    [[ -n ${DATABASE_URL:-} ]] || die 2 "DATABASE_URL is not set (postgres://user:password@host:5432/database)"
    if [[ $DATABASE_URL =~ ^(postgres(ql)?://[^:/?@]+):([^@/?]*)@(.*)$ ]]; then
        local password=${BASH_REMATCH[3]//\\/\\\\}
        printf -v PGPASSWORD '%b' "${password//%/\\x}"
        export PGPASSWORD
        database=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
    else
        # shellcheck disable=SC2034 # it is the caller's
        database=$DATABASE_URL
    fi
    unset DATABASE_URL
    # Nobody is there to answer a question, and an address that is silent is no reason to wait for ever.
    export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
}
