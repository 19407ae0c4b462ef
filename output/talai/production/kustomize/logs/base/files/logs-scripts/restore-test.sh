#!/bin/bash
# Restores some indices of the newest snapshot under other names, counts their documents, removes them.
set -euo pipefail
es() {
  curl --silent --show-error --fail-with-body --max-time 7200 --cacert /certificate/ca.crt \
    --user "elastic:$(cat /user/elastic)" --header "Content-Type: application/json" "${@:3}" --request "$1" "${URL}/$2"
}
remove() {
  for index in $(es GET "_cat/indices/restore-test-*?h=index"); do
    es DELETE "${index}"
    echo
  done
  es DELETE "_data_stream/restore-test-*"
  echo
}
snapshot="$(es GET "_snapshot/backup/backup-*?sort=start_time&order=desc&size=1&filter_path=snapshots.snapshot" | sed -n 's/.*"snapshot":"\([^"]*\)".*/\1/p')"
if [ -z "${snapshot}" ]; then
  echo "there is no snapshot"
  exit 1
fi
echo "restoring ${INDICES} of ${snapshot}"
remove
es POST "_snapshot/backup/${snapshot}/_restore?wait_for_completion=true" --data-binary \
  "{\"indices\": \"${INDICES}\", \"include_global_state\": false, \"include_aliases\": false, \"rename_pattern\": \"(.+)\", \"rename_replacement\": \"restore-test-\$1\", \"index_settings\": {\"index.number_of_replicas\": 0}, \"ignore_index_settings\": [\"index.lifecycle.name\"]}"
echo
count="$(es GET "restore-test-*/_count?filter_path=count" | sed 's/[^0-9]//g')"
remove
echo "${count} documents"
[ "${count:-0}" -gt 0 ]
