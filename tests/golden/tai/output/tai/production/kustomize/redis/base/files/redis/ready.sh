#!/bin/sh
# Ready once the member answers: ${HOSTNAME} is its name, {{ this }} is no template.
test "$(redis-cli -h "${HOSTNAME}" ping)" = PONG
