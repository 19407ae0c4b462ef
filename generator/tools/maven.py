"""Fetches a pinned jar from a Maven repository, and believes only its checksum."""

import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.host import Host, run
from generator.tools.pins import content_key
from generator.tools.sources import Jar

# The address of another repository of Maven's default layout: a company's mirror of Maven Central.
REPOSITORY_VARIABLE = "GITOPS_GEN_MAVEN_REPOSITORY"
_CENTRAL = "https://repo1.maven.org/maven2"
_TIMEOUT_SECONDS = 60
_SCHEMES = ("https://", "http://", "file://")


def provide_jar(jar: Jar, host: Host, cache: Cache) -> Path:
    """Return a jar's path in the cache, fetching it if it is missing; GenError when it is not what was pinned."""

    def make(stage: Path) -> None:
        fetch_jar(jar, host, stage)

    entry = cache.entry("jars", f"{jar.artifact}-{jar.version}", content_key(jar))
    return cache.provide(entry, make) / Path(jar.path).name


def fetch_jar(jar: Jar, host: Host, folder: Path) -> Path:
    """Download a jar into a folder: from the repository that the environment names, else Maven Central, else by mvn.

    mvn is for machines on which only Maven's own settings know the way to a repository.
    """
    host.progress(f"{jar.group}:{jar.artifact}:{jar.version}: downloading")
    target = folder / Path(jar.path).name
    address = _address(jar, host)
    try:
        # S310: _address lets only _SCHEMES pass.
        with urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS) as answer, target.open("wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file)
    except (OSError, http.client.HTTPException) as error:  # urllib's own errors are OSErrors
        mvn = shutil.which("mvn", path=host.search_path)
        if not mvn:
            raise GenError(
                f"{address}: {_reason(error)}. Check the network, name a mirror of Maven Central in "
                f"{REPOSITORY_VARIABLE}, or install mvn with settings that reach one."
            ) from error
        _copy_by_mvn(mvn, jar, host, folder)
    _check(jar, target)
    return target


def _address(jar: Jar, host: Host) -> str:
    base = host.environ.get(REPOSITORY_VARIABLE) or _CENTRAL
    if not base.startswith(_SCHEMES):
        raise GenError(f"{REPOSITORY_VARIABLE}={base}: not an address. Write one that starts with {_SCHEMES[0]}.")
    return f"{base.rstrip('/')}/{jar.path}"


def _reason(error: Exception) -> object:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    return error.reason if isinstance(error, urllib.error.URLError) else error


def _copy_by_mvn(mvn: str, jar: Jar, host: Host, folder: Path) -> None:
    # `copy` fetches what is missing; it wants no pom.xml.
    command = [mvn, "-B", "-q", "dependency:copy", f"-Dartifact={jar.group}:{jar.artifact}:{jar.version}:jar"]
    command += [f"-DoutputDirectory={folder}", "-Dmdep.overWriteReleases=true"]
    run(command, host.environ, folder, f"Check the network, or name a mirror in {REPOSITORY_VARIABLE}.")


def _check(jar: Jar, file: Path) -> None:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != jar.sha256:
        raise GenError(
            f"{jar.group}:{jar.artifact}:{jar.version}: the sha256 is {digest}, the pin says {jar.sha256}. "
            "What was downloaded is not what was pinned, so it is not used: ask the repository's owner."
        )
