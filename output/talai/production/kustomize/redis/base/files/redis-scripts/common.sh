# Sourced by the other scripts: who I am, and how to ask the others.
SELF="${POD_NAME}.${PEERS}"
TLS=/etc/redis/tls
CREDENTIALS=/etc/redis/credentials
RUN=/run/redis

say() { echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) ${POD_NAME}: $*"; }

# Asks a process: ask <host> <port> <command>... The running process knows the password that it started with.
ask() {
  host="$1"; port="$2"; shift 2
  REDISCLI_AUTH="$(cat "${RUN}/admin")" timeout 3 redis-cli --no-auth-warning --user admin \
    --tls --cacert "${TLS}/ca.crt" -h "${host}" -p "${port}" "$@" 2>/dev/null | tr -d '\r'
}

ordinals() { seq 0 "$(($1 - 1))"; }

member() { echo "${INSTANCE}-$1.${MEMBERS}"; }

# field <name>: the value of a line "name:value" of INFO.
field() { sed -n "s/^$1://p"; }

# The master that most Sentinels name; fails if none answers.
ask_sentinels() {
  named="$(for i in $(ordinals "${SENTINELS}"); do
    ask "${INSTANCE}-sentinel-${i}.${SENTINEL_MEMBERS}" 26379 sentinel get-master-addr-by-name "${INSTANCE}" | head -n 1
  done | grep -F ".${MEMBERS}" | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')"
  [ -n "${named}" ] && echo "${named}"
}

# The running master that most members follow; fails if no member is one.
ask_servers() {
  best="$(for i in $(ordinals "${REPLICAS}"); do
    ask "$(member "${i}")" 6379 info replication | awk -F: -v host="$(member "${i}")" '
      {value[$1] = $2} END {if (value["role"] == "master") print value["connected_slaves"], value["master_repl_offset"], host}'
  done | sort -k1,1nr -k2,2nr | awk 'NR == 1 {print $3}')"
  [ -n "${best}" ] && echo "${best}"
}

# The master that running replicas look for, though it may be gone for good; fails if none is running.
ask_replicas() {
  wanted="$(for i in $(ordinals "${REPLICAS}"); do
    ask "$(member "${i}")" 6379 info replication | field master_host
  done | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')"
  [ -n "${wanted}" ] && echo "${wanted}"
}

fingerprint() { cat "${TLS}"/* "${CREDENTIALS}"/* | sha256sum; }

# The users of this process, from what External Secrets wrote: write_users server|sentinel
write_users() {
  { cat "${CREDENTIALS}/$1".acl; echo; } > "${RUN}/users.new"
  for file in "${CREDENTIALS}/$1"-*.acl; do
    if [ -f "${file}" ]; then { cat "${file}"; echo; } >> "${RUN}/users.new"; fi
  done
  mv "${RUN}/users.new" "${RUN}/users.acl"
}
