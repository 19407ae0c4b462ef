"""An entry of the cache is there as a whole or not at all, and is made once."""

from pathlib import Path

import pytest

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.host import default_cache


def test_an_entry_is_made_once(tmp_path: Path) -> None:
    cache, made = Cache(tmp_path), []

    def make(stage: Path) -> None:
        made.append(stage)
        (stage / "file").write_text("whole")

    entry = cache.entry("schemas", "native", "0123")
    assert cache.provide(entry, make) == cache.provide(entry, make) == tmp_path / "schemas" / "native-0123"
    assert len(made) == 1
    assert [path.name for path in entry.iterdir()] == ["file"]


def test_an_entry_whose_making_failed_is_not_there_and_is_made_anew(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    entry = cache.entry("schemas", "native", "0123")

    def fail(stage: Path) -> None:
        (stage / "half").write_text("half")
        raise GenError("no network")

    with pytest.raises(GenError, match="no network"):
        cache.provide(entry, fail)
    assert not entry.exists()
    cache.provide(entry, lambda stage: (stage / "whole").touch())
    assert [path.name for path in entry.iterdir()] == ["whole"]


def test_a_cache_that_cannot_be_written_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = Cache(tmp_path / "file")
    with pytest.raises(GenError, match=r"Not a directory\. Name a folder .* --cache or GITOPS_GEN_CACHE"):
        cache.provide(cache.entry("go", "go", "1"), lambda stage: stage.touch())


def test_the_default_place_follows_the_base_directory_specification() -> None:
    assert default_cache({"XDG_CACHE_HOME": "/srv/cache"}) == Path("/srv/cache/gitops-gen")
    assert default_cache({"XDG_CACHE_HOME": "relative"}) == Path.home() / ".cache" / "gitops-gen"
    assert default_cache({}) == Path.home() / ".cache" / "gitops-gen"
