#!/bin/sh
# Ready is a master that has loaded its log, and a replica that follows its master.
. /etc/redis/scripts/common.sh
info="$(ask 127.0.0.1 6379 info replication; ask 127.0.0.1 6379 info persistence)"
[ "$(echo "${info}" | field loading)" = 0 ] || exit 1
case "$(echo "${info}" | field role)" in
  master) exit 0 ;;
  slave) ;;
  *) exit 1 ;;
esac
[ "$(echo "${info}" | field master_sync_in_progress)" = 0 ] || exit 1
[ "$(echo "${info}" | field master_link_status)" = up ] && exit 0
down="$(echo "${info}" | field master_link_down_since_seconds)"
# -1: it never was up.
[ "${down:--1}" -ge 0 ] && [ "${down}" -le "${LINK_DOWN_SECONDS}" ]
