"""Locks between processes: exclusive, never waited for, gone with the process that holds one."""

import fcntl


def try_lock(fd: int) -> bool:
    """Lock an open file; False where another process, or another opening of it, has the lock."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(fd: int) -> bool:
    """Whether another process (or opening) has the lock of an open file."""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(fd, fcntl.LOCK_UN)
    return False
