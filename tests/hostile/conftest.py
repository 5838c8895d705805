"""How hard the fuzzing tries: `make fuzz` thoroughly, CI briefly and the same each time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "thorough", max_examples=20_000, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck)
)
settings.register_profile("brief", settings.get_profile("thorough"), max_examples=500, derandomize=True, database=None)
