"""Errors that say what to write instead."""

from __future__ import annotations

import pytest

from webhook_kit import ConfigurationError, WebhookError
from webhook_kit.errors import nearest, refuse_unknown


def test_a_configuration_error_is_a_webhook_error() -> None:
    assert issubclass(ConfigurationError, WebhookError)


def test_the_nearest_names_are_offered() -> None:
    assert nearest("secrte", ["signing_secret", "secret", "api_key"]) == "'secret', 'signing_secret'"


def test_all_names_are_offered_where_none_is_near() -> None:
    assert nearest("zzz", ["token", "secret"]) == "'secret', 'token'"


def test_nothing_is_offered_where_nothing_is_known() -> None:
    assert nearest("anything", []) == ""


def test_an_unknown_keyword_is_refused_by_its_name() -> None:
    with pytest.raises(ConfigurationError, match=r"^Thing takes no keyword 'sise'; did you mean 'size'\?$"):
        refuse_unknown("Thing", ["sise"], ["size", "colour"])


def test_no_unknown_keyword_is_no_error() -> None:
    refuse_unknown("Thing", [], ["size"])
