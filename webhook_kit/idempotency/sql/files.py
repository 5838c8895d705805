"""What a database file stands on, and whether it is still the one that was opened."""

from __future__ import annotations

import os
import re
from typing import Final

# What processes on several machines may see at once. Their memory is not shared, which the write-ahead log needs:
# https://www.sqlite.org/wal.html
_OF_A_NETWORK: Final = re.compile(
    r"nfs4?|cifs|smb(?:fs|\d)|afs|ceph|glusterfs|lustre|fuse\.(?:glusterfs|sshfs|s3fs|gcsfuse|rclone|davfs2?|blobfuse2?)"
)
_MOUNTS: Final = "/proc/self/mountinfo"


def network_of(path: str) -> str | None:
    """Return the type of the network file system that a file is on, or None where it is on none that can be told."""
    try:
        # Names are as the kernel has them: what is no ASCII is escaped as a blank is, or bytes of any encoding.
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as mounts:
            lines = mounts.read().splitlines()
    except OSError:
        # Another system than Linux.
        return None
    path = os.path.realpath(path)
    point, kind = "", ""
    for line in lines:
        before, _, after = line.partition(" - ")
        mounted = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), before.split(" ")[4]).rstrip("/")
        # The later one hides the earlier one.
        if len(mounted) >= len(point) and path.startswith(f"{mounted}/"):
            point, kind = mounted, after.split(" ")[0]
    return kind if _OF_A_NETWORK.fullmatch(kind) else None


def identity_of(path: str) -> tuple[int, int] | None:
    """Return what tells a file from another one at the same path, or None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
