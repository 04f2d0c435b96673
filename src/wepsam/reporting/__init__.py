"""What `wepsam report` makes: one page for people, the same numbers for programs."""

from wepsam.reporting.writing import report

__all__ = ["report"]
