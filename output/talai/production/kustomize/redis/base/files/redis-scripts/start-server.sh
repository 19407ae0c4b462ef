#!/bin/sh
# Starts a member: as the replica of the master that the Sentinels name. If no Sentinel answers (the first start, or
# everything was down), it is what it was before, and ordinal 0 the master at the very first.
set -eu
umask 077
. /etc/redis/scripts/common.sh

cp "${CREDENTIALS}/admin" "${RUN}/admin"
write_users server

if [ -s /data/redis.conf ]; then
  # Sentinel makes every member write down whose replica it is.
  remembered="$(sed -n 's/^replicaof "\{0,1\}\([^ "]*\)"\{0,1\} .*/\1/p' /data/redis.conf | tail -n 1)"
  remembered="${remembered:-${SELF}}"
else
  remembered="$(member 0)"
fi

if master="$(ask_sentinels)"; then
  # Without its data a master would come back empty, and its replicas would copy that.
  while [ "${master}" = "${SELF}" ] && ! [ -e /data/appendonlydir ]; do
    say "my data is gone and I am the master: waiting for the Sentinels to elect another"
    sleep 2
    master="$(ask_sentinels)" || master="${SELF}"
  done
  say "the Sentinels name ${master}"
else
  master="${remembered}"
  say "no Sentinel answers: the last master that I know is ${master}"
fi

{
  cat /etc/redis/scripts/redis.conf
  echo "maxmemory $((MEMORY_LIMIT / 100 * MEMORY_PERCENT))"
  echo "maxmemory-policy ${MEMORY_POLICY}"
  echo "replica-announce-ip ${SELF}"
  echo "replica-announce-port 6379"
  # A master that the others have lost stops taking writes that would be lost.
  echo "min-replicas-to-write ${MIN_REPLICAS_TO_WRITE}"
  echo "min-replicas-max-lag ${MAX_LAG_SECONDS}"
  echo "masteruser replication"
  echo "masterauth $(cat "${CREDENTIALS}/replication")"
  if [ "${master}" != "${SELF}" ]; then
    echo "replicaof ${master} 6379"
  fi
} > /data/redis.conf.new
mv /data/redis.conf.new /data/redis.conf

# New certificates and passwords are taken up without a restart; a master that slept through an election steps back.
watch() {
  seen="$(fingerprint)"
  doubts=0
  while sleep 20; do
    found="$(fingerprint)"
    if [ "${found}" != "${seen}" ]; then
      write_users server
      if [ "$(ask 127.0.0.1 6379 acl load)" = OK ]; then
        cp "${CREDENTIALS}/admin" "${RUN}/admin"
        ask 127.0.0.1 6379 config set masterauth "$(cat "${CREDENTIALS}/replication")" \
          tls-cert-file "${TLS}/tls.crt" tls-key-file "${TLS}/tls.key" tls-ca-cert-file "${TLS}/ca.crt" > "${RUN}/reload"
        say "new certificate or passwords: $(cat "${RUN}/reload")"
        seen="${found}"
      fi
    fi
    named="$(ask_sentinels)" || named="${SELF}"
    if [ "${named}" != "${SELF}" ] && [ "$(ask 127.0.0.1 6379 role | head -n 1)" = master ]; then
      doubts=$((doubts + 1))
    else
      doubts=0
    fi
    if [ "${doubts}" -ge 3 ]; then
      say "the Sentinels follow ${named}: so do I"
      ask 127.0.0.1 6379 replicaof "${named}" 6379 > "${RUN}/rejoin"
      ask 127.0.0.1 6379 config rewrite >> "${RUN}/rejoin"
    fi
  done
}
watch &
exec redis-server /data/redis.conf
