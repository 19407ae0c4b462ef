"""The size of the release that Helm stores."""

import hashlib
import subprocess
from pathlib import Path

from rendered import real_toolbox
from shop_tree import shop

from generator.verify.forms.release import LIMIT, size_problems, stored_size


def _noise(size: int) -> bytes:
    """Return bytes that compression cannot make smaller, the same each time."""
    return b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(size // 32))


def test_a_release_just_under_the_limit_is_fine_and_one_over_it_is_not() -> None:
    assert size_problems(_noise(LIMIT * 70 // 100), "eu", "values-eu.yaml") == ()
    (problem,) = size_problems(_noise(LIMIT * 76 // 100), "eu", "values-eu.yaml")
    assert problem.rule == "helm/release-size"
    assert "eu" in problem.message
    assert f"{LIMIT:,}" in problem.message


def test_the_stored_size_counts_base64() -> None:
    noise = _noise(300_000)
    assert len(noise) * 4 / 3 < stored_size(noise) < len(noise) * 4 / 3 * 1.05


def test_subcharts_are_not_stored_with_a_release(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    (tree.root / "charts/shop/charts/cart/README.md").write_text("MARK-OF-A-SUBCHART\n")
    (tree.root / "charts/shop/README.md").write_text("MARK-OF-THE-UMBRELLA\n")
    words = ["install", "shop", str(tree.root / "charts/shop"), "--dry-run=client", "--output", "json"]
    done = subprocess.run(
        [str(real_toolbox().tools["helm"]), *words],
        env={"HOME": str(tmp_path), "KUBECONFIG": "/dev/null"},
        capture_output=True,
        check=True,
    )
    assert b"README.md" in done.stdout
    assert done.stdout.count(b"README.md") == 1
