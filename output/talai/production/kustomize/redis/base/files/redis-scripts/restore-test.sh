#!/bin/sh
# Fails where the file does not load or holds nothing.
set -eu
socket=/run/redis/test.sock
redis-check-rdb /dump/dump.rdb
redis-server --port 0 --unixsocket "${socket}" --dir /dump --dbfilename dump.rdb --appendonly no --save "" &
started="$!"
until [ "$(redis-cli -s "${socket}" ping 2>/dev/null)" = PONG ]; do
  kill -0 "${started}"
  sleep 1
done
keys="$(redis-cli -s "${socket}" info keyspace | sed -n 's/^db[0-9]*:keys=\([0-9]*\),.*/\1/p' | awk '{sum += $1} END {print sum + 0}')"
redis-cli -s "${socket}" shutdown nosave || true
echo "${keys} keys"
[ "${keys}" -gt 0 ]
