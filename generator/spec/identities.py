"""Cloud identities: the name of the one that pods sign in as, given or derived, in each provider's notation."""

from collections.abc import Mapping

# A role's name has up to 64 characters, the first part of a Google service account up to 30
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html,
# https://cloud.google.com/iam/docs/service-accounts-create).
ROLE_LENGTH, SERVICE_ACCOUNT_LENGTH = 64, 30


def identity_name(
    provider: str, account: str, given: Mapping[str, str], owner: tuple[str, str, str], name: str
) -> tuple[str, str]:
    """Return what the cloud calls an identity, and what to do where nothing can be derived ("": it was).

    owner is (platform, environment, region); given are the region's own `identities`.
    """
    if name in given:
        return given[name], ""
    add = f"Add {name} to the region's identities"
    if provider == "azure":
        return "", f"{add}: the client ID of its managed identity."
    if provider not in ("aws", "gcp"):
        return "", "Only aws, gcp and azure have identities for pods."
    if not account:
        return "", f"Add the region's account, or a{add[1:]}."
    platform, environment, region = owner
    if provider == "aws":
        derived, longest = f"{platform}-{environment}-{region}-{name}", ROLE_LENGTH
        whole = f"arn:aws:iam::{account}:role/{derived}"
    else:
        derived, longest = f"{platform}-{environment}-{name}", SERVICE_ACCOUNT_LENGTH
        whole = f"{derived}@{account}.iam.gserviceaccount.com"
    return (whole, "") if len(derived) <= longest else ("", f"{add}: '{derived}' has more than {longest} characters.")
