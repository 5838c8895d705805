"""The pages about providers: their code runs, their tables are those of the code, and all have the same headings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import tables
from webhook_kit import Dispatcher
from webhook_kit.providers import registry

from .blocks import DOCS, blocks

PAGES = sorted((DOCS / "providers").glob("*.md"))
HEADINGS = ["Prerequisites", "Set-up", "Constructor", "Events", "Answers", "Quirks and contradictions"]
SECRETS = {
    "TENCENT_TOKEN": "a callback token of the pages' test",
    "TRTC_KEY": "thekeyofthepagestest",
    "MEETING_BAAS_API_KEY": "an API key of the pages' test",
    "MEETING_BAAS_CALLBACK_SECRET": "a callback secret of the pages' test",
    "MEETING_BAAS_SIGNING_SECRET": "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA=",
    "VCAAS_TOKEN": "a token for the addresses of the pages' test",
    "ACME_SIGNING_SECRET": "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA=",
}

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def slug(heading: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_provider_has_a_page() -> None:
    assert set(registry.SHIPPED) == {page.stem for page in PAGES}


@every_page
def test_a_page_has_the_headings_of_all(page: Path) -> None:
    assert HEADINGS == re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)


@every_page
def test_the_code_of_a_page_runs(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the application in it is complete: what could be wrong with it would be said at start."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    namespace: dict[str, object] = {"__name__": "page"}
    found = list(blocks(page))
    assert [("python", "Constructor")] == [(block.language, block.heading) for block in found]
    exec(compile(found[0].code, str(page), "exec"), namespace)
    hooks = namespace["hooks"]
    assert isinstance(hooks, Dispatcher)
    hooks.check()
    assert hooks.endpoints
    assert not any(value in capsys.readouterr().out for value in SECRETS.values())


@every_page
def test_the_tables_of_a_page_are_those_of_the_code(page: Path) -> None:
    """``python -m docs.tables`` writes them."""
    text = page.read_text(encoding="utf-8")
    assert tables.page(text) == text
    assert (page.stem == "standard-webhooks") != (f"<!-- events of {page.stem}, " in text)


@every_page
def test_every_link_to_another_page_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([\w-]+\.md)(?:#([\w-]+))?\)", page.read_text(encoding="utf-8")):
        text = (page.parent / target).read_text(encoding="utf-8")
        assert anchor in {"", *map(slug, re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE))}


def test_the_events_of_the_tencent_pages_together_are_all_there_are() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES if page.stem.startswith("tencent-"))
    for wire in registry.provider_class("tencent-chat").catalog:
        assert f"`{wire}`" in text


def test_no_block_of_code_in_the_documents_is_untried() -> None:
    """The pages above, and those that a module beside this one names; decisions have no code."""
    modules = "".join(each.read_text(encoding="utf-8") for each in Path(__file__).parent.glob("test_*.py"))
    named = {page for page in DOCS.rglob("*.md") if f'"{page.name}"' in modules}
    assert set() == {page for page in DOCS.rglob("*.md") if list(blocks(page))} - {*PAGES, *named}
