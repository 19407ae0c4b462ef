#!/bin/sh
# Alive is what answers, whatever it answers: loading the log or having lost the master is no reason to be killed.
. /etc/redis/scripts/common.sh
case "$(ask 127.0.0.1 "$1" ping)" in
  PONG | *LOADING* | *MASTERDOWN* | *BUSY* | *NOAUTH* | *WRONGPASS* | *NOPERM*) exit 0 ;;
esac
exit 1
