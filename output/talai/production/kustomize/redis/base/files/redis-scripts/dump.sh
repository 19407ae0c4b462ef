#!/bin/sh
# Writes all keys of a replica into a file; of the master if it is the only one that runs.
set -eu
umask 077
. /etc/redis/scripts/common.sh
cp "${CREDENTIALS}/admin" "${RUN}/admin"
source=""
for i in $(ordinals "${REPLICAS}"); do
  info="$(ask "$(member "${i}")" 6379 info replication)" || continue
  if [ "$(echo "${info}" | field master_link_status)" = up ]; then
    source="$(member "${i}")"
    break
  fi
  if [ "$(echo "${info}" | field role)" = master ]; then
    source="$(member "${i}")"
  fi
done
if [ -z "${source}" ]; then
  say "no member answers"
  exit 1
fi
say "copying ${source}"
REDISCLI_AUTH="$(cat "${RUN}/admin")" redis-cli --no-auth-warning --user admin --tls --cacert "${TLS}/ca.crt" \
  -h "${source}" -p 6379 --rdb /dump/dump.rdb
redis-check-rdb /dump/dump.rdb
