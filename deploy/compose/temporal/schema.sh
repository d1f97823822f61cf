#!/bin/sh
# Migrates Temporal's two databases to the schema of this admin-tools image, which must have the server's
# version. SQL_* contain the address and the credentials, SCHEMA the folder of the schema if it is another one.
# Changes nothing if the schema is current. `./justw cluster` runs this too.
set -eu

update() {
    database=$1
    schema=${SCHEMA:-/etc/temporal/schema/postgresql/v12}/$2/versioned
    echo "migrating the schema of $database"
    # Creates the version tables; does not lower an existing version.
    temporal-sql-tool --db "$database" setup-schema -v 0.0
    temporal-sql-tool --db "$database" update-schema -d "$schema"
}

update "$TEMPORAL_DATABASE" temporal
update "$TEMPORAL_VISIBILITY_DATABASE" visibility
