#!/bin/sh
# Before a member stops: a master lets its replicas catch up, hands over, and follows the new one.
. /etc/redis/scripts/common.sh
here() { ask 127.0.0.1 6379 "$@"; }
role() { here role | head -n 1; }
tell() { { say "$*"; } 2>/dev/null > /proc/1/fd/1 || true; say "$*"; }
[ "$(role)" = master ] || exit 0

# Writes wait meanwhile: what was acknowledged is on the replicas before one of them is promoted.
here client pause 20000 write > /dev/null
wanted="$(here info replication | field master_repl_offset)"
for _ in $(seq 1 20); do
  # slave0:ip=...,port=6379,state=online,offset=1234,lag=0
  behind="$(here info replication | sed -n 's/^slave[0-9]*:.*offset=\([0-9]*\).*/\1/p' \
    | awk -v wanted="${wanted}" '$1 < wanted' | wc -l)"
  [ "${behind}" -eq 0 ] && break
  sleep 0.2
done

elected=""
for i in $(ordinals "${SENTINELS}"); do
  sentinel="${INSTANCE}-sentinel-${i}.${SENTINEL_MEMBERS}"
  answer="$(ask "${sentinel}" 26379 sentinel failover "${INSTANCE}")"
  tell "handing over by sentinel ${i}: ${answer:-no answer}"
  case "${answer}" in OK | *INPROG*) ;; *) continue ;; esac
  for _ in $(seq 1 40); do
    elected="$(ask "${sentinel}" 26379 sentinel get-master-addr-by-name "${INSTANCE}" | head -n 1)"
    [ -n "${elected}" ] && [ "${elected}" != "${SELF}" ] && break 2
    elected=""
    sleep 0.2
  done
done

if [ -n "${elected}" ]; then
  # Sentinel would tell it after eight seconds only. Clients that are cut off ask the Sentinels again.
  here replicaof "${elected}" 6379 > /dev/null
  here client kill type normal > /dev/null
  tell "handed over to ${elected}"
else
  tell "nobody took over: the Sentinels will elect a master once this one is gone"
fi
here client unpause > /dev/null
exit 0
