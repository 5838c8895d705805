"""Name the packages: no table in pyproject.toml can search two folders that become one package."""

from setuptools import find_packages, setup

# A source distribution keeps no link, so ``webhook_kit/adapters`` is there in a checkout only.
core = find_packages(include=["webhook_kit*"], exclude=["webhook_kit.adapters*"])
adapters = [f"webhook_kit.adapters.{name}" for name in find_packages("adapters")]

setup(packages=[*core, "webhook_kit.adapters", *adapters])
