"""Files on their way to an object store: written here, then put in place as one upload."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from forge.work.atomic import FileClaim
from forge.work.stop import forget, held

if TYPE_CHECKING:
    from forge.work.store_path import StorePath


class UploadClaim(FileClaim):
    """The right to write an object, which anybody may have: stores have no locks.

    Who makes many (a run and its workers) goes by its own list. Two runs that make the same object
    make the same bytes, and the later one takes the place of the earlier one.
    """

    target: StorePath

    @classmethod
    def begin(cls, target: StorePath) -> UploadClaim:
        """Claim it; the file on its way lies where temporary files do."""
        with held():
            fd, name = tempfile.mkstemp(prefix="forge-upload-")
            return cls(target, Path(name), fd)

    def commit(self) -> int:
        """Upload the file whole; returns its size in bytes.

        Raises:
            OSError: where the store refuses it, or is away for long.
        """
        self.flush()
        made = self.target.store.commit(self.target.object, self._temp)
        forget(self)
        self._file.close()
        self._temp.unlink(missing_ok=True)
        return made.n_bytes
