"""Writes tests/golden/page."""

from support import threads
from support.page.files import write

with threads.one_thread():
    write()
