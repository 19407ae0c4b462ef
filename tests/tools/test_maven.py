"""Jars: fetched from the repository that the environment names, by mvn where that fails, and believed by checksum."""

import hashlib
from pathlib import Path

import pytest
from provisioned import this_host

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.maven import REPOSITORY_VARIABLE, fetch_jar, provide_jar
from generator.tools.sources import Jar

JAR = Jar("io.shop", "till", "1.2.3", hashlib.sha256(b"till").hexdigest())
# Copies the jar into the folder that the command line names, as `dependency:copy` does.
MVN = """#!/bin/sh
for word; do case $word in -DoutputDirectory=*) folder=${word#*=};; esac; done
echo "$@" > "$folder/asked"
printf %s till > "$folder/till-1.2.3.jar"
"""


def repository(folder: Path, content: bytes) -> str:
    file = folder / "io" / "shop" / "till" / "1.2.3" / "till-1.2.3.jar"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return folder.as_uri()


def test_a_jar_is_fetched_once_from_the_repository_that_the_environment_names(tmp_path: Path) -> None:
    address = repository(tmp_path / "repository", b"till")
    host = this_host(**{REPOSITORY_VARIABLE: f"{address}/"}, PATH="")
    cache = Cache(tmp_path / "cache")
    assert provide_jar(JAR, host, cache).read_bytes() == b"till"
    elsewhere = this_host(**{REPOSITORY_VARIABLE: (tmp_path / "empty").as_uri()}, PATH="")
    assert provide_jar(JAR, elsewhere, cache).read_bytes() == b"till"


def test_a_jar_with_another_checksum_is_refused(tmp_path: Path) -> None:
    host = this_host(**{REPOSITORY_VARIABLE: repository(tmp_path / "repository", b"evil")}, PATH="")
    with pytest.raises(GenError, match=r"^io\.shop:till:1\.2\.3: the sha256 is [0-9a-f]{64}, the pin says"):
        provide_jar(JAR, host, Cache(tmp_path / "cache"))
    assert not list((tmp_path / "cache" / "jars").glob("till-*"))


def test_without_a_repository_and_without_mvn_the_error_names_both_remedies(tmp_path: Path) -> None:
    host = this_host(**{REPOSITORY_VARIABLE: (tmp_path / "empty").as_uri()}, PATH="")
    with pytest.raises(GenError, match=rf"name a mirror of Maven Central in {REPOSITORY_VARIABLE}, or install mvn"):
        fetch_jar(JAR, host, tmp_path)


def test_mvn_is_asked_when_the_repository_has_not_got_the_jar(tmp_path: Path) -> None:
    (tmp_path / "mvn").write_text(MVN)
    (tmp_path / "mvn").chmod(0o755)
    host = this_host(**{REPOSITORY_VARIABLE: (tmp_path / "empty").as_uri()}, PATH=str(tmp_path))
    assert fetch_jar(JAR, host, tmp_path).read_bytes() == b"till"
    assert "-Dartifact=io.shop:till:1.2.3:jar" in (tmp_path / "asked").read_text()


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    host = this_host(**{REPOSITORY_VARIABLE: "central"}, PATH="")
    with pytest.raises(GenError, match=f"{REPOSITORY_VARIABLE}=central: not an address"):
        fetch_jar(JAR, host, tmp_path)
