#!/bin/sh
# Creates the namespace and the search attributes of orders if they do not exist. The server opens its port before
# it serves, so this retries for a while. The CLI itself reads the address from TEMPORAL_ADDRESS.
set -eu

attempts=60
while ! temporal operator cluster health; do
    attempts=$((attempts - 1))
    if [ "$attempts" -le 0 ]; then
        echo "error: Temporal at $TEMPORAL_ADDRESS did not become healthy" >&2
        exit 1
    fi
    sleep 2
done

while ! temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1; do
    # Creation fails if another process was first; the loop ends once the namespace can be described.
    temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION" || true
    attempts=$((attempts - 1))
    if [ "$attempts" -le 0 ]; then
        echo "error: cannot create namespace $NAMESPACE" >&2
        exit 1
    fi
    sleep 2
done
echo "namespace $NAMESPACE exists"

# One that exists with the same type is not an error.
temporal operator search-attribute create --namespace "$NAMESPACE" --name OrderCustomer --type Int
temporal operator search-attribute create --namespace "$NAMESPACE" --name OrderStatus --type Keyword
