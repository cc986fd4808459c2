"""Writes tests/golden/page."""

from support.page.files import write

write()
