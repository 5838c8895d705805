"""The providers that are at hand: the kit's own, and those of installed distributions."""

from __future__ import annotations

import subprocess
import sys

import pytest

from webhook_kit import ConfigurationError
from webhook_kit.providers import registry
from webhook_kit.providers.base import Provider

from .conftest import Install

WORKING = """
from webhook_kit.providers.base import Provider

class Doors(Provider):
    name = "doors"

    def parse(self, request, kind):
        return ()
"""


@pytest.mark.parametrize("name", registry.SHIPPED)
def test_a_shipped_provider_is_found_by_the_name_it_has(name: str) -> None:
    found = registry.provider_class(name)
    assert issubclass(found, Provider)
    assert name == found.name


def test_names_are_known_before_anything_is_imported() -> None:
    code = (
        "import sys; from webhook_kit.providers import registry; print(len(registry.names())); "
        "print(sorted(each for each in sys.modules if each.startswith('webhook_kit.providers.')))"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "8\n['webhook_kit.providers.base', 'webhook_kit.providers.registry']\n"


def test_a_provider_of_an_installed_distribution_is_found(install: Install) -> None:
    install("acme-doors", WORKING, doors="acme_doors:Doors")
    assert "doors" in registry.names()
    assert ("acme_doors", "Doors") == (
        registry.provider_class("doors").__module__,
        registry.provider_class("doors").__name__,
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise RuntimeError('no database')", r"RuntimeError: no database"),
        ("import a_module_that_is_nowhere", r"ModuleNotFoundError"),
        ("", r"AttributeError"),
        ("Doors = object", r"is no subclass of webhook_kit\.providers\.base\.Provider"),
        ("def Doors(): ...", r"is no subclass of webhook_kit\.providers\.base\.Provider"),
    ],
)
def test_a_broken_provider_is_an_error_that_names_its_distribution(source: str, message: str, install: Install) -> None:
    install("acme-doors", source, doors="acme_doors:Doors")
    with pytest.raises(ConfigurationError, match=rf"'doors' of the distribution acme-doors .*{message}"):
        registry.provider_class("doors")


def test_a_broken_provider_leaves_the_others_alone(install: Install) -> None:
    install("acme-doors", "raise RuntimeError", doors="acme_doors:Doors")
    install("acme-gates", WORKING, gates="acme_gates:Doors")
    assert ("doors", "gates") == registry.names()[-2:]
    assert issubclass(registry.provider_class("gates"), Provider)
    assert issubclass(registry.provider_class("vcaas"), Provider)


def test_two_distributions_with_one_name_are_an_error_that_names_both(install: Install) -> None:
    install("acme-doors", WORKING, doors="acme_doors:Doors")
    install("other-doors", WORKING, doors="other_doors:Doors")
    assert 1 == registry.names().count("doors")
    with pytest.raises(ConfigurationError, match="registered by acme-doors and other-doors; uninstall all but one"):
        registry.provider_class("doors")


def test_a_distribution_cannot_replace_a_provider_of_the_kit(install: Install) -> None:
    install("acme-doors", WORKING, vcaas="acme_doors:Doors")
    assert tuple(registry.SHIPPED) == registry.names()
    assert "VCaaS" == registry.provider_class("vcaas").__name__


def test_an_unknown_name_is_an_error_with_the_nearest_ones(install: Install) -> None:
    install("acme-doors", WORKING, meeting_rooms="acme_doors:Doors")
    with pytest.raises(
        ConfigurationError, match=r"no provider 'meeting-base'; did you mean 'meeting-baas', 'meeting-rooms'"
    ):
        registry.provider_class("meeting-base")
