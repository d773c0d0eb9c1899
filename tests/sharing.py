"""How processes share the tests: the browser's stay together, and each file of the music core."""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

BROWSER: Final = "tests/browser/"  # they share a site, which takes minutes to bring up
BY_FILE: Final = "tests/musicgen/"  # a file shares what it has trained


class Sharing(LoadScopeScheduling):
    """Hands out tests one by one, but for those that share what is dear to make.

    Tests of the database come before the browser's, as pytest-django orders them: Playwright's loop, once
    begun in a process, keeps Django from its database there.

    By the nodes' names, since pytest 9 does not tell pytest-xdist of groups by mark (`xdist_group`).
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(BROWSER):
            return BROWSER
        return nodeid.split("::", 1)[0] if nodeid.startswith(BY_FILE) else nodeid
