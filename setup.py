"""The one part of the build that pyproject.toml has no word for: the tracer's optional extension."""

from setuptools import Extension, setup

setup(ext_modules=[Extension("tracer._native", ["tracer/_native.c"], depends=["tracer/_moves.h"], optional=True)])
