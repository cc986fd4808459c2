"""Settings that hold for every test."""

import os

from hypothesis import HealthCheck, settings

# The reference is slow on purpose and the machines are shared, so time limits would only flake.
settings.register_profile(
    "local",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
