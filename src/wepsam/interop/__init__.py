"""Bridges to other libraries of the field, one module each, which need that library only when called."""
