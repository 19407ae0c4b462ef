#!/bin/sh
set -eu
newest="$(rclone lsf --include "*.rdb" "${DESTINATION}" | sort | tail -n 1)"
if [ -z "${newest}" ]; then
  echo "there is no backup in ${DESTINATION}"
  exit 1
fi
echo "${newest}"
rclone copyto "${DESTINATION}/${newest}" /dump/dump.rdb
