"""Provides the library of custom kinds: fetches what each source holds, and merges all of it."""

from collections.abc import Iterator
from pathlib import Path

from generator.tools.cache import Cache
from generator.tools.crds import Definition
from generator.tools.golang import fetch_module, find_go
from generator.tools.host import Host
from generator.tools.library import Library, read_library
from generator.tools.pins import Pins, content_key
from generator.tools.sources import ClassSource, CrdSource, GoSource, OwnSource

_HERE = Path(__file__).resolve().parent
# What makes an entry is part of its key: a newer maker makes it anew.
_READERS = tuple(_HERE / name for name in ("definitions.py", "merging.py", "java.py"))
_CONVERTERS = tuple(_HERE / name for name in ("merging.py", "library.py", "crds.py", "object_meta.json"))


def provide_library(pins: Pins, host: Host, cache: Cache) -> Library:
    """Return the library of the custom kinds of every pinned source, making what is missing."""
    entry = library_entry(pins, cache)
    if not entry.is_dir():
        # Before the lock of the library is taken: two processes share the work of fetching the sources.
        folders = {source: provide_source(source, pins, host, cache) for source in pins.crds}
        own = [folder for source, folder in folders.items() if isinstance(source, OwnSource)]
        upstream = [folder for folder in folders.values() if folder not in own]

        def make(stage: Path) -> None:
            from generator.tools.merging import write_library  # noqa: PLC0415  (only when there is something to make)

            host.progress(f"CRDs: {write_library(upstream, stage, own)} schemas from {len(folders)} sources")

        cache.provide(entry, make)
    return read_library(entry)


def provide_source(source: CrdSource, pins: Pins, host: Host, cache: Cache) -> Path:
    """Return the folder of the definitions that a source holds, one "<plural>.<group>.json" each."""
    from generator.tools.merging import write_definitions  # noqa: PLC0415  (only when there is something to make)

    def make(stage: Path) -> None:
        count = write_definitions(_definitions(source, pins, host, cache, stage), stage)
        host.progress(f"{source.name} {source.version}: {count} CRDs")

    return cache.provide(source_entry(source, cache), make)


def library_entry(pins: Pins, cache: Cache) -> Path:
    """Return where the library lies in the cache, whether or not it is there."""
    return cache.entry("schemas", "library", content_key(pins.crds, *_READERS, *_CONVERTERS))


def source_entry(source: CrdSource, cache: Cache) -> Path:
    """Return where the definitions of a source lie in the cache, whether or not they are there."""
    return cache.entry("crds", source.name, content_key(source, *_READERS))


def _definitions(source: CrdSource, pins: Pins, host: Host, cache: Cache, stage: Path) -> Iterator[Definition]:
    # Imports yaml, which nothing else needs once all is made.
    from generator.tools import definitions, java, maven  # noqa: PLC0415

    if isinstance(source, GoSource):
        module = fetch_module(source, find_go(pins.go, host, cache), host, stage)
        yield from definitions.read_module(module, source)
    elif isinstance(source, OwnSource):
        yield from definitions.read_own(source)
    elif isinstance(source, ClassSource):
        jars = [maven.provide_jar(jar, host, cache) for jar in source.jars]
        yield from java.generate(source, java.find_java(pins.java, host, cache), jars, host, stage)
    else:
        yield from definitions.read_jar(maven.provide_jar(source.jar, host, cache), source)
