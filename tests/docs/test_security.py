"""What SECURITY.md says of each vendor's proof is what the providers do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hostile.senders import Sender, senders

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text()
ROWS = [re.split(r" *\| *", line)[1:-1] for line in PAGE.splitlines() if line.startswith("| ")][2:]


def row_of(sender: Sender) -> tuple[str, str]:
    """Return what the page says of the provider of one sender, and of what its proof covers."""
    name = type(sender.provider).__name__
    keyword = "" if sender.provider.secret is None else f"{sender.provider.secret.name}="
    for providers, covered, _ in ROWS:
        if name == "TencentRTC" and name in providers:
            return providers, covered
        if name.startswith("Tencent") and name != "TencentRTC":
            if providers.startswith("`TencentChat(" if keyword else "the same without"):
                return providers, covered
        elif name in providers and (name == "StandardWebhooks" or re.search(f"[(`]{keyword}", providers)):
            return providers, covered
    raise AssertionError(f"the page says nothing of {sender}")


@pytest.mark.parametrize("sender", senders(), ids=str)
def test_what_a_proof_covers(sender: Sender) -> None:
    _, covered = row_of(sender)
    minutes = f"{sender.tolerance // 60} minute"
    assert sender.covers_body == ("body" in covered)
    assert (sender.timestamp is not None) == ("time" in covered)
    assert sender.timestamp is None or minutes in covered
    assert (sender.id is not None) == ("id " in covered)
    assert (sender.covers_body or sender.timestamp is not None) == (not covered.startswith("nothing"))


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#]+)", PAGE))
def test_its_links_lead_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_readers_of_the_readme_find_it() -> None:
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text()
