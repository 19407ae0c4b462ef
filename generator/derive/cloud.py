"""What a region's cloud calls the platform's buckets and identities, and what their objects need of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.spec.identities import identity_name
from generator.spec.model import Bucket, Platform, Region

# Names of the storage classes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html,
# https://cloud.google.com/storage/docs/storage-classes, https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview.
TIERS: Mapping[str, Mapping[str, str]] = {
    "aws": {"infrequent": "STANDARD_IA", "cold": "GLACIER_IR", "archive": "GLACIER"},
    "gcp": {"infrequent": "NEARLINE", "cold": "COLDLINE", "archive": "ARCHIVE"},
    "azure": {"infrequent": "Cool", "cold": "Cold", "archive": "Archive"},
}


@dataclass(frozen=True, slots=True)
class TransitionView:
    """From an age in days on, objects are kept in a storage class."""

    days: int
    storage_class: str


@dataclass(frozen=True, slots=True)
class BucketView:
    """A bucket in its region: bucket is its name there (a container on Azure), account the storage account.

    url is where programs find it: s3://, gs:// or the container's https address. Ages in days; expire_days None: never.
    """

    name: str
    description: str
    provider: str
    bucket: str
    account: str
    url: str
    location: str
    versioned: bool
    expire_days: int | None
    noncurrent_days: int
    transitions: tuple[TransitionView, ...]


@dataclass(frozen=True, slots=True)
class IdentityView:
    """A cloud identity that pods sign in as: annotations of their service account, labels of the pods themselves."""

    name: str
    value: str
    annotations: Mapping[str, str]
    labels: Mapping[str, str]


def bucket_view(bucket: Bucket, region: Region) -> BucketView:
    """Return a bucket as a region has it."""
    provider = region.cloud.provider
    azure = provider == "azure"
    name = bucket.name if azure else f"{region.bucket_prefix}-{bucket.name}"
    account = region.storage_account if azure else ""
    urls = {"gcp": f"gs://{name}", "azure": f"https://{account}.blob.core.windows.net/{name}"}
    classes = TIERS.get(provider, {})
    return BucketView(
        name=bucket.name,
        description=bucket.description,
        provider=provider,
        bucket=name,
        account=account,
        url=urls.get(provider, f"s3://{name}"),
        location=region.location,
        versioned=bucket.versioned,
        expire_days=bucket.expire,
        noncurrent_days=bucket.noncurrent,
        transitions=tuple(
            TransitionView(days, classes[tier])
            for tier, days in sorted(bucket.tiers.items(), key=lambda item: item[1])
            if tier in classes
        ),
    )


def identity_view(platform: Platform, region: Region, name: str) -> IdentityView:
    """Return an identity as a region has it.

    The annotations are those of IAM roles for service accounts, GKE's workload identity and Entra Workload ID:
    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html,
    https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity,
    https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html.
    """
    provider = region.cloud.provider
    owner = (platform.name, platform.environment, region.name)
    value, _ = identity_name(provider, region.account, region.identities, owner, name)
    annotations = {
        "aws": "eks.amazonaws.com/role-arn",
        "gcp": "iam.gke.io/gcp-service-account",
        "azure": "azure.workload.identity/client-id",
    }
    key = annotations.get(provider)
    labels = {"azure.workload.identity/use": "true"} if provider == "azure" else {}
    return IdentityView(name, value, {key: value} if key else {}, labels)
