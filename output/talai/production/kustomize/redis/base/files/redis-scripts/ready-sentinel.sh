#!/bin/sh
# Ready is a Sentinel that can tell a client who is master.
. /etc/redis/scripts/common.sh
ask 127.0.0.1 26379 sentinel get-master-addr-by-name "${INSTANCE}" | grep -q -F ".${MEMBERS}"
