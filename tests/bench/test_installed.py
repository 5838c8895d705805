"""What is measured only where it is installed."""

from __future__ import annotations

import pytest

from bench.installed import library, program
from bench.subject import Unavailable


def test_a_library_that_is_missing_comes_with_the_line_that_installs_it() -> None:
    with pytest.raises(Unavailable, match=r"nowhere_to_be_found is not installed: .*pip install .*\[bench\]"):
        library("nowhere_to_be_found")


def test_a_program_that_is_missing_comes_with_the_line_that_installs_it() -> None:
    with pytest.raises(Unavailable, match="nowhere-to-be-found is not installed: apt-get install it"):
        program("nowhere-to-be-found", "apt-get install it")


def test_what_is_installed_is_given() -> None:
    assert library("json.decoder").JSONDecoder is not None
    assert program("sh", "").endswith("/sh")
