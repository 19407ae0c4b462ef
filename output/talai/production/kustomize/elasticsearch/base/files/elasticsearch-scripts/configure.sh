#!/bin/bash
# PUTs every file to the path in its name: 02._slm.policy.backup.json goes to /_slm/policy/backup.
set -euo pipefail
for file in /configuration/*.json; do
  name="$(basename "${file}" .json)"
  path="${name#*.}"
  echo -n "${path//.//}: "
  curl --silent --show-error --fail-with-body --retry 5 --retry-all-errors --max-time 60 \
    --cacert /certificate/ca.crt --user "elastic:$(cat /user/elastic)" --header "Content-Type: application/json" \
    --request PUT --data-binary "@${file}" "${URL}/${path//.//}"
  echo
done
