#!/bin/sh
# Starts a Sentinel. What it knew lies in its own folder after a restart of the container; a new pod asks the other
# Sentinels, then the members.
set -eu
umask 077
. /etc/redis/scripts/common.sh

cp "${CREDENTIALS}/admin" "${RUN}/admin"
write_users sentinel

conf=/data/sentinel.conf
master=""
if [ -s "${conf}" ]; then
  master="$(sed -n "s/^sentinel monitor \"\{0,1\}${INSTANCE}\"\{0,1\} \"\{0,1\}\([^ \"]*\).*/\1/p" "${conf}" | head -n 1)"
  grep -E '^sentinel (config-epoch|leader-epoch|current-epoch|known-sentinel) ' "${conf}" > /data/kept || true
else
  : > /data/kept
fi
tries=0
while [ -z "${master}" ]; do
  master="$(ask_sentinels)" || master="$(ask_servers)" || master=""
  # Everything was down and the last master does not come back: the others elect one of the replicas.
  if [ -z "${master}" ] && [ "${tries}" -ge 15 ]; then
    master="$(ask_replicas)" || master=""
  fi
  [ -n "${master}" ] && break
  tries=$((tries + 1))
  say "nobody knows a master yet"
  sleep 2
done
say "watching ${master}"

{
  echo "dir /data"
  echo "port 0"
  echo "tls-port 26379"
  echo "tls-replication yes"
  echo "tls-cert-file ${TLS}/tls.crt"
  echo "tls-key-file ${TLS}/tls.key"
  echo "tls-ca-cert-file ${TLS}/ca.crt"
  echo "tls-auth-clients no"
  echo "tls-protocols TLSv1.3"
  echo "protected-mode no"
  echo "aclfile ${RUN}/users.acl"
  echo "sentinel resolve-hostnames yes"
  echo "sentinel announce-hostnames yes"
  echo "sentinel announce-ip ${SELF}"
  echo "sentinel announce-port 26379"
  echo "sentinel deny-scripts-reconfig yes"
  # An identity that follows from the name: a new pod is not one Sentinel more, which no majority would ever reach.
  echo "sentinel myid $(printf '%s' "${SELF}" | sha1sum | cut -c 1-40)"
  echo "sentinel sentinel-user admin"
  echo "sentinel sentinel-pass $(cat "${CREDENTIALS}/admin")"
  echo "sentinel monitor ${INSTANCE} ${master} 6379 $((SENTINELS / 2 + 1))"
  echo "sentinel auth-user ${INSTANCE} sentinel"
  echo "sentinel auth-pass ${INSTANCE} $(cat "${CREDENTIALS}/sentinel")"
  echo "sentinel down-after-milliseconds ${INSTANCE} ${DOWN_AFTER_MILLISECONDS}"
  echo "sentinel failover-timeout ${INSTANCE} ${FAILOVER_TIMEOUT_MILLISECONDS}"
  # One replica copies from the new master at a time, the others answer.
  echo "sentinel parallel-syncs ${INSTANCE} 1"
  cat /data/kept
  for i in $(ordinals "${REPLICAS}"); do
    if [ "$(member "${i}")" != "${master}" ]; then
      echo "sentinel known-replica ${INSTANCE} $(member "${i}") 6379"
    fi
  done
} > "${conf}.new"
mv "${conf}.new" "${conf}"

# Sentinel reads certificates and passwords at its start only: one Sentinel after the other starts again.
watch() {
  seen="$(fingerprint)"
  while sleep 20; do
    if [ "$(fingerprint)" != "${seen}" ]; then
      say "new certificate or passwords: starting again"
      sleep "$((60 * ${POD_NAME##*-}))"
      kill "$1"
      return
    fi
  done
}
watch "$$" &
exec redis-server "${conf}" --sentinel
