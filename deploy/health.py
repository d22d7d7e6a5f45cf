"""Says by its exit status whether the wim process in this container is alive; the image's health check.

One image runs the API or the worker, so whichever of the two answers first is asked. A probe that fails gives its
reasons, which `docker inspect` shows.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Sequence

#: The API's port, then the worker's (WIM_API__PORT, WIM_WORKER__METRICS_PORT at their defaults).
LIVENESS = ("http://127.0.0.1:8000/livez", "http://127.0.0.1:9101/livez")
ANSWER_SECONDS = 3.0


def why_not_alive(addresses: Sequence[str] = LIVENESS) -> str | None:
    """Why the first process that answers is not alive, or that none answers; None where all is well."""
    for address in addresses:
        try:
            urllib.request.urlopen(address, timeout=ANSWER_SECONDS).close()
        except urllib.error.HTTPError as error:
            with error:
                return f"{address}: {error.code} {error.read(2000).decode(errors='replace')}"
        except TimeoutError:
            return f"{address}: no answer within {ANSWER_SECONDS:.0f} s"
        except OSError:
            continue
        else:
            return None
    return f"nothing answers at {' or '.join(addresses)}"


if __name__ == "__main__":
    reason = why_not_alive(sys.argv[1:] or LIVENESS)
    sys.exit(reason)
