"""What the page is held to: files under tests/golden/page, written by `python -m support.page`
(with tests on the path) and read by web/tests."""
