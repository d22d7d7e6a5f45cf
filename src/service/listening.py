"""What a process says when it cannot listen where it should."""

from __future__ import annotations

import errno
import socket


class AddressTakenError(OSError):
    """Something else listens where we should, or the address is none of this machine.

    `settings` is what the names of the two settings have in common, such as `WIM_API__`.
    """

    def __init__(self, host: str, port: int, cause: OSError, settings: str) -> None:
        if isinstance(cause, socket.gaierror) or cause.errno == errno.EADDRNOTAVAIL:
            remedy = f"set {settings}HOST to an address of this machine"
        elif cause.errno == errno.EACCES:
            remedy = f"set {settings}PORT to 1024 or above"
        else:
            remedy = f"stop what is there, or set {settings}PORT"
        super().__init__(f"cannot listen at {host}:{port} ({cause.strerror}); {remedy}")
        self.host, self.port = host, port
