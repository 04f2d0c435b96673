"""Bridges to other libraries of the field: a module for each, which imports that library only when it is called."""

from wepsam.interop import pysaliency

__all__ = ["pysaliency"]
