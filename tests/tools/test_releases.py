"""A release is downloaded whole or in parts, believed for its checksum only, and unpacked after it was checked."""

import hashlib
import socket
from pathlib import Path

import pytest
from release_server import Manners, serving, tar_gz, zipped

from generator.base.errors import GenError
from generator.tools import releases
from generator.tools.pins import Release, load_pins
from generator.tools.releases import UnavailableError, fetch_release, unpack_release

BODY = b"".join(number.to_bytes(4, "big") for number in range(75_000))


def pinned(url: str, body: bytes = BODY, member: str = "") -> Release:
    return Release(url, hashlib.sha256(body).hexdigest(), member)


def quiet(_line: str) -> None:
    """Take a line of progress."""


def test_a_release_is_downloaded(tmp_path: Path) -> None:
    part = tmp_path / "downloads" / "a.part"
    with serving(Manners(BODY)) as address:
        fetch_release(pinned(address), part, quiet)
    assert part.read_bytes() == BODY


def test_a_download_goes_on_where_an_earlier_one_stopped(tmp_path: Path) -> None:
    part, manners = tmp_path / "a.part", Manners(BODY)
    part.write_bytes(BODY[:100_000])
    with serving(manners) as address:
        fetch_release(pinned(address), part, quiet)
    assert manners.asked == ["bytes=100000-"]
    assert part.read_bytes() == BODY


def test_a_transfer_that_breaks_off_goes_on_by_itself(tmp_path: Path) -> None:
    part, manners = tmp_path / "a.part", Manners(BODY, cut_after=120_000)
    with serving(manners) as address:
        fetch_release(pinned(address), part, quiet)
    assert manners.asked == ["", "bytes=120000-", "bytes=240000-"]
    assert part.read_bytes() == BODY


def test_a_server_without_ranges_is_taken_from_the_start(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    part.write_bytes(BODY[:100_000])
    with serving(Manners(BODY, ranges=False)) as address:
        fetch_release(pinned(address), part, quiet)
    assert part.read_bytes() == BODY


def test_a_part_that_is_whole_is_not_downloaded_again(tmp_path: Path) -> None:
    part, manners = tmp_path / "a.part", Manners(BODY)
    part.write_bytes(BODY)
    with serving(manners) as address:
        fetch_release(pinned(address), part, quiet)
    assert manners.asked == []


def test_a_part_that_is_longer_than_the_release_is_replaced(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    part.write_bytes(BODY + b"more")
    with serving(Manners(BODY)) as address:
        fetch_release(pinned(address), part, quiet)
    assert part.read_bytes() == BODY


def test_a_wrong_checksum_is_an_error_and_the_file_is_dropped(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    with (
        serving(Manners(BODY[:-1] + b"!")) as address,
        pytest.raises(GenError, match=r"the sha256 is [0-9a-f]{64}, the pin says .*not what was pinned"),
    ):
        fetch_release(pinned(address), part, quiet)
    assert not part.exists()


def test_a_server_that_never_gets_further_is_given_up_and_what_came_is_kept(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    with (
        serving(Manners(BODY, ranges=False, cut_after=1000)) as address,
        pytest.raises(UnavailableError, match="broke off after 1000 of 300000 bytes"),
    ):
        fetch_release(pinned(address), part, quiet)
    assert part.read_bytes() == BODY[:1000]


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_server_that_refuses_is_unavailable_and_its_answer_is_said(status: int, tmp_path: Path) -> None:
    with serving(Manners(status=status)) as address, pytest.raises(UnavailableError, match=f"HTTP {status}"):
        fetch_release(pinned(address), tmp_path / "a.part", quiet)


def test_a_host_that_is_not_reached_is_unavailable(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, and nobody listens
        address = f"http://127.0.0.1:{bound.getsockname()[1]}/"
        with pytest.raises(UnavailableError, match=r"not reached \(.*refused"):
            fetch_release(pinned(address), tmp_path / "a.part", quiet)


@pytest.mark.parametrize("url", ["http://releases.example/a", "ftp://releases.example/a", "file:///etc/hostname"])
def test_an_address_that_is_not_https_is_not_opened(url: str, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="not an https address"):
        fetch_release(pinned(url), tmp_path / "a.part", quiet)


def test_a_redirect_that_leaves_https_is_not_followed(tmp_path: Path) -> None:
    with (
        serving(Manners(location="http://releases.example/a")) as address,
        pytest.raises(UnavailableError, match=r"http://releases\.example/a: not an https address"),
    ):
        fetch_release(pinned(address), tmp_path / "a.part", quiet)


def test_more_than_any_release_is_refused_before_it_fills_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "_LARGEST", 1000)
    with serving(Manners(BODY)) as address, pytest.raises(GenError, match="which no release here is"):
        fetch_release(pinned(address), tmp_path / "a.part", quiet)
    assert not (tmp_path / "a.part").exists()


@pytest.mark.parametrize(
    ("name", "file", "member"),
    [
        ("a.tar.gz", tar_gz({"linux-amd64/LICENSE": b"words", "linux-amd64/till": b"program"}), "linux-amd64/till"),
        ("a.zip", zipped({"till": b"program", "README": b"words"}), "till"),
        ("till", b"program", ""),
    ],
)
def test_the_program_is_taken_out_of_a_release_and_can_be_run(
    name: str, file: bytes, member: str, tmp_path: Path
) -> None:
    (tmp_path / "part").write_bytes(file)
    target = tmp_path / "till"
    unpack_release(tmp_path / "part", pinned(f"https://releases.example/{name}", file, member), target)
    assert target.read_bytes() == b"program"
    assert target.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(("name", "pack"), [("a.tar.gz", tar_gz), ("a.zip", zipped)])
def test_a_release_without_the_program_is_an_error(name: str, pack: object, tmp_path: Path) -> None:
    assert callable(pack)
    (tmp_path / "part").write_bytes(pack({"other": b"program"}))
    with pytest.raises(GenError, match=r"no file 'till' in it\. Correct `member`"):
        unpack_release(tmp_path / "part", pinned(f"https://releases.example/{name}", member="till"), tmp_path / "till")


def test_every_pinned_release_is_an_archive_over_https_with_a_checksum() -> None:
    pins = [(tool.name, release) for tool in load_pins().tools for release in tool.releases.values()]
    assert {name for name, _ in pins} == {"kubeconform", "kustomize", "promtool"}
    assert all(release.url.startswith("https://") for _, release in pins)
    assert all(release.url.endswith(".tar.gz") and release.member for _, release in pins)
    digests = [release.sha256 for _, release in pins]
    assert all(len(bytes.fromhex(digest)) == 32 for digest in digests)
    assert len(set(digests)) == len(digests)
