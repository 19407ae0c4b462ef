"""How large a release is that Helm stores: a Secret holds it, and the API server takes no larger one than 1 MiB.

Helm keeps the chart without its subcharts (metadata, templates, values, schema, other files), the values given and all
that was rendered, as JSON, compressed, in base64 (helm.sh/helm/v4 pkg/storage/driver/util.go, encodeRelease).
`helm install --dry-run=client -o json` prints that JSON.
"""

import gzip

from generator.base.problem import Problem

LIMIT = 1024 * 1024
"""Bytes of all values of a Secret (k8s.io/api core/v1 MaxSecretSize)."""
_MARGIN = 1.03
"""Go's compressor makes a little more of the same text than zlib, which Python has."""


def stored_size(release: bytes) -> int:
    """Return about how many bytes the Secret of a release holds, given its JSON; rather more than less."""
    compressed = len(gzip.compress(release.strip(), compresslevel=9))
    return int((compressed * _MARGIN + 2) // 3 * 4)


def size_problems(release: bytes, region: str, file: str) -> tuple[Problem, ...]:
    """Return a problem when the release of a region is too large for Helm to store."""
    size = stored_size(release)
    if size <= LIMIT:
        return ()
    message = f"The release for {region} would be about {size:,} bytes; Helm can store {LIMIT:,}."
    hint = "Install the components' charts one by one (charts/ below it), or let Argo CD deliver them."
    return (Problem(rule="helm/release-size", file=file, message=message, hint=hint),)
