"""Pages as a browser shows them: their picture, and where their elements are."""

from wepsam.pages.browser import PageError
from wepsam.pages.capturing import Page, capture

__all__ = ["Page", "PageError", "capture"]
