#!/bin/sh
# Brings Temporal's two databases to the schema of this admin-tools image, which has to be of the
# server's version. Where they are and who enters is in SQL_*. Changes nothing when they are there.
set -eu

update() {
    database=$1
    schema=/etc/temporal/schema/postgresql/v12/$2/versioned
    echo "schema of $database"
    # Makes the tables that hold the version; leaves a version that is already higher alone.
    temporal-sql-tool --db "$database" setup-schema -v 0.0
    temporal-sql-tool --db "$database" update-schema -d "$schema"
}

update "$TEMPORAL_DATABASE" temporal
update "$TEMPORAL_VISIBILITY_DATABASE" visibility
