"""What can go wrong with the store, each with the remedy in its sentence."""

from __future__ import annotations


class StoreError(Exception):
    """Root of everything that the store raises by itself."""


class FencedError(StoreError):
    """Somebody else wrote what this transaction was based on: give it up and read again.

    A lane that meets it re-reads its position and memory; the API answers 412. Nothing of the transaction may stay, so
    it must leave the `writing` block.
    """

    def __init__(self, what: str, expected: object) -> None:
        super().__init__(f"{what} is no longer as it was read (expected {expected}): read again and repeat")
        self.what, self.expected = what, expected


class UnavailableError(StoreError):
    """The database did not answer for as long as we were told to be patient."""

    def __init__(self, url: str, waited_s: float, cause: str) -> None:
        super().__init__(f"no database at {url} after {waited_s:.0f} s: {cause}; start it or correct WIM_DATABASE__URL")
        self.url, self.waited_s = url, waited_s


class DatabaseFileError(StoreError):
    """The file that should be the database holds something else, or is damaged."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(
            f"{path} cannot be read as an SQLite database ({cause}): put a backup in its place, correct "
            "WIM_DATABASE__URL, or move the file away and run `wim db upgrade` for an empty one"
        )
        self.path = path


class SchemaError(StoreError):
    """The tables are not those that this release works with."""

    def __init__(self, url: str, found: str | None, needed: str, remedy: str) -> None:
        state = f"has tables of revision {found}" if found else "has no tables of ours"
        super().__init__(f"the database {url} {state}, this release needs {needed}: {remedy}")
        self.url, self.found, self.needed = url, found, needed


class SecondWorkerError(StoreError):
    """Another worker has this SQLite file; one writes it, many workers need PostgreSQL."""

    def __init__(self, path: str, owner: str) -> None:
        super().__init__(
            f"{path} is in use by another worker (process {owner}): stop that one, or set WIM_DATABASE__URL to "
            "postgresql+psycopg://… to run more than one"
        )
        self.path, self.owner = path, owner


class DatabaseUrlError(StoreError):
    """The URL names a database that the store cannot work with."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(
            f"database URL {url}: {problem}; write sqlite:///wim.db or postgresql+psycopg://user@host/name"
        )
        self.url = url


class LedgerTakenError(StoreError):
    """An entry stands where the next one belongs: somebody else wrote it, and ours must not get lost behind it."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(
            f"the ledger has an entry already among those that were just drawn, {first} to {last}: somebody wrote into "
            "the database past this program; run `wim ledger verify`, and put a backup in its place"
        )
        self.first, self.last = first, last


class KeyReusedError(StoreError):
    """An Idempotency-Key came back with another request than its first."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Idempotency-Key {key!r} was used for another request: make a new key for each action")
        self.key = key
