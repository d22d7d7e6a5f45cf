"""The tables of raw frames: which never came, and which are kept for what they prove. See `tables` for the rules."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table

from service.store.columns import big, metadata, partial, small, text

#: The sequence numbers that a lane's last two starts have shown, see `frame_runs`.
frame_runs = Table(
    "frame_runs",
    metadata,
    text("site", primary_key=True),
    small("lane", primary_key=True, autoincrement=False),
    big("version"),
    Column("runs", LargeBinary, nullable=False),
)

#: Frames whose number was skipped, and of them those that came late, by the hour of the frame that told.
frame_losses = Table(
    "frame_losses",
    metadata,
    text("site", primary_key=True),
    small("lane", primary_key=True, autoincrement=False),
    big("hour_s", primary_key=True, autoincrement=False),
    big("missing"),
    big("late"),
)

#: Recordings of passages in the archive, by passage and kind (contracts.md §5); `href` is the path within the archive.
media = Table(
    "media",
    metadata,
    text("passage_id", primary_key=True),
    text("kind", primary_key=True),
    text("sha256"),
    text("href"),
    big("bytes"),
    big("time_ns"),
    small("purged", server_default="0"),
)
#: Of what may still show a plate.
partial("media_unpurged", media.c.purged == 0, media.c.time_ns)
