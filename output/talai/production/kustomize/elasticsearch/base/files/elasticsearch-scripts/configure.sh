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
# A file like spans.indices holds a pattern of indices; what is there by now gets the lifecycle of that name.
for file in /configuration/*.indices; do
  [ -e "${file}" ] || continue
  name="$(basename "${file}" .indices)"
  echo -n "$(cat "${file}") follow ${name}: "
  curl --silent --show-error --fail-with-body --retry 5 --retry-all-errors --max-time 60 \
    --cacert /certificate/ca.crt --user "elastic:$(cat /user/elastic)" --header "Content-Type: application/json" \
    --request PUT --data-binary "{\"index.lifecycle.name\": \"${name}\"}" \
    "${URL}/$(cat "${file}")/_settings?expand_wildcards=open,hidden&allow_no_indices=true&ignore_unavailable=true"
  echo
done
