"""The one file format: column names, Arrow schemas, schema version. See docs/file-format.md."""

from __future__ import annotations

import pyarrow as pa

from emoanalytics.labels import EMOTION_IDS

SCHEMA_VERSION = 1

# Names of the files inside a store folder.
STORE_FILE = "store.json"
SEGMENTS_FILE = "segments.parquet"
FAILURES_FILE = "failures.parquet"
RECORDINGS_FILE = "recordings.parquet"
EMBEDDINGS_FOLDER = "embeddings"
FRAMES_FOLDER = "frames"
RUNS_FOLDER = "runs"
DERIVED_FOLDER = "derived"

SCORE_COLUMNS: tuple[str, ...] = tuple(f"score_{e}" for e in EMOTION_IDS)
QUALITY_COLUMNS: tuple[str, ...] = (
    "silence_share",
    "clipped_share",
    "level_dbfs",
    "snr_db",
    "bandwidth_hz",
    "music_likeness",
    "voices_likeness",
    "non_finite_share",
)

_TEXT = pa.string()
# One row a segment. Columns a corpus brings on top are kept behind these, under their own names.
SEGMENT_FIELDS: tuple[pa.Field, ...] = (
    pa.field("segment_id", _TEXT, nullable=False),  # 32 hex digits: content, channel, start, end (and which copy)
    pa.field("content_id", _TEXT, nullable=False),  # the same without "which copy": equal for identical audio
    pa.field("corpus", _TEXT, nullable=False),  # the corpus folder when it was built
    pa.field("file", _TEXT, nullable=False),  # POSIX path relative to the corpus folder
    pa.field("start_s", pa.float64(), nullable=False),
    pa.field("end_s", pa.float64(), nullable=False),
    pa.field("channel", _TEXT, nullable=False),  # mix, left, right, ch3, ...
    pa.field("speaker", _TEXT),
    pa.field("session", _TEXT),
    pa.field("recorded_at", pa.timestamp("us", tz="UTC")),
    pa.field("role", _TEXT),
    pa.field("language", _TEXT),
    pa.field("emotion_given", _TEXT),  # the label the corpus gives; one of the nine where it means one of them
    pa.field("text", _TEXT),
    pa.field("source_rate_hz", pa.int32()),  # before resampling
    *(pa.field(name, pa.float32()) for name in QUALITY_COLUMNS),
    pa.field("flags", pa.list_(_TEXT), nullable=False),  # quality flags, see emoanalytics.audio.quality
)
SEGMENT_COLUMNS: tuple[str, ...] = tuple(f.name for f in SEGMENT_FIELDS)

FAILURE_SCHEMA = pa.schema(
    [
        pa.field("corpus", _TEXT, nullable=False),
        pa.field("file", _TEXT, nullable=False),
        pa.field("start_s", pa.float64()),  # null: the whole file
        pa.field("end_s", pa.float64()),
        pa.field("stage", _TEXT, nullable=False),  # corpus, decode, cut, embed
        pa.field("reason", _TEXT, nullable=False),
    ]
)

# What a file held when it was last read: a hint that saves decoding it again, never an identity.
RECORDING_SCHEMA = pa.schema(
    [
        pa.field("corpus", _TEXT, nullable=False),
        pa.field("file", _TEXT, nullable=False),
        pa.field("channel", _TEXT, nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("modified_ns", pa.int64(), nullable=False),
        pa.field("digest", _TEXT, nullable=False),  # blake2b of the decoded samples of the channel
        pa.field("duration_s", pa.float64(), nullable=False),
    ]
)


def embedding_schema(dim: int) -> pa.Schema:
    """One row a segment; scores are null where the encoder has no head of its own."""
    return pa.schema(
        [
            pa.field("segment_id", _TEXT, nullable=False),
            pa.field("embedding", pa.list_(pa.float32(), dim), nullable=False),
            *(pa.field(name, pa.float32()) for name in SCORE_COLUMNS),
            pa.field("n_frames", pa.int32(), nullable=False),
        ]
    )


LOGIT_PREFIX = "logit_"
FRAME_SCHEMA = pa.schema(
    [
        pa.field("segment_id", _TEXT, nullable=False),
        pa.field("t_s", pa.float32(), nullable=False),  # middle of the frame, from the start of the segment
        *(pa.field(f"{LOGIT_PREFIX}{e}", pa.float32()) for e in EMOTION_IDS),
    ]
)
# Behind these in what a build writes: how many of the encoder's frames the row is the mean of. Absent or null: one.
FRAME_COUNT_FIELD = pa.field("n_frames", pa.int32())

# Key-value metadata of every Parquet file of a store.
META_SCHEMA = b"emoanalytics.schema_version"
META_ENCODER = b"emoanalytics.encoder"
# ... and of segments.parquet: the live part files (JSON lists of names, in order). Other parts do not count.
META_EMBEDDING_PARTS = b"emoanalytics.embedding_parts"
META_FRAME_PARTS = b"emoanalytics.frame_parts"

# Names a corpus column cannot have (compared without case): it gets ``_2`` behind it, or ``user_`` before the prefix.
RESERVED_PREFIX = "score_"
RESERVED_COLUMNS: frozenset[str] = frozenset({*SEGMENT_COLUMNS, "embedding", "n_frames", "_row_number"})

SEGMENTS_SCHEMA = pa.schema(SEGMENT_FIELDS)
BUILTIN_HEAD = "builtin"
