#!/bin/sh
# Makes the namespace unless it is there. The server's port opens before the server serves, so this
# tries for a while. The address is in TEMPORAL_ADDRESS, which the CLI reads itself.
set -eu

attempts=60
while ! temporal operator cluster health; do
    attempts=$((attempts - 1))
    if [ "$attempts" -le 0 ]; then
        echo "error: Temporal at $TEMPORAL_ADDRESS does not get healthy" >&2
        exit 1
    fi
    sleep 2
done

while ! temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1; do
    # May fail because someone else was first: what counts is that it can be described.
    temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION" || true
    attempts=$((attempts - 1))
    if [ "$attempts" -le 0 ]; then
        echo "error: namespace $NAMESPACE cannot be made" >&2
        exit 1
    fi
    sleep 2
done
echo "namespace $NAMESPACE is there"
