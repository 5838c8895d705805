import pytest

# What it asserts is shown as in a test.
pytest.register_assert_rewrite("tests.idempotency.faults.application")
