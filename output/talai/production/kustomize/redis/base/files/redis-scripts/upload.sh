#!/bin/sh
# Takes the file out of the cluster, and then away what is too old.
set -eu
rclone copyto /dump/dump.rdb "${DESTINATION}/$(date -u +%Y%m%dT%H%M%SZ).rdb"
rclone delete --min-age "${RETAIN}" --include "*.rdb" "${DESTINATION}"
rclone lsl "${DESTINATION}"
