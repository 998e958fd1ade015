"""A sample that is the same in every run; HYPOTHESIS_PROFILE=full draws 10,000 examples each."""

import os

from hypothesis import HealthCheck, settings

_COMMON = settings(
    deadline=None,  # this machine may be busy
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("sample", _COMMON, max_examples=60, derandomize=True)
settings.register_profile("full", _COMMON, max_examples=10_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "sample"))
