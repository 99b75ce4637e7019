"""Audio to store: plan, decode and measure in worker processes, embed, write, resume."""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emoanalytics.audio.corpus import Corpus, Recording
from emoanalytics.audio.decode import ChannelPolicy
from emoanalytics.audio.segments import CutMode, CutPolicy
from emoanalytics.audio.tracks import Failure, Piece, Track, TrackPolicy, read_tracks
from emoanalytics.embed.batches import SegmentEmbedding, encode_segments
from emoanalytics.embed.encoder import Encoder
from emoanalytics.errors import EncoderError
from emoanalytics.plan import Plan, corpus_name, follow_move, make_plan
from emoanalytics.rows import StepRows, failure_table, relabelled, segment_schema
from emoanalytics.runs import run_record
from emoanalytics.scoring import score_new_rows
from emoanalytics.settings import QualitySettings
from emoanalytics.store.keys import content_id, segment_ids
from emoanalytics.store.schema import BUILTIN_HEAD, STORE_FILE
from emoanalytics.store.store import EmotionStore
from emoanalytics.store.writer import StoreWriter
from emoanalytics.workers import WorkerDiedError, Workers, cores

Progress = Callable[[int, int, str], None]
_STEP_BYTES = 64 << 20  # rows of one step are written early when they weigh this much


@dataclass(frozen=True)
class BuildSettings:
    """How a build is done.

    Attributes:
        channels: which channels of a recording become segments.
        roles: role of each channel, e.g. ``{"left": "agent", "right": "client"}``; a role the
            manifest gives stands.
        cut: how recordings are cut; None takes the manifest's segments where it has them, whole
            recordings otherwise.
        quality: thresholds of the quality flags.
        frames: also store per-frame logits (50 a second; encoders with a head only).
        workers: processes that decode and measure; None: one a core, or one for every four cores when
            the encoder runs in this process and needs them itself. 0 does all in this process.
        budget_s: audio seconds in one batch through the encoder.
        verify: decode files again even when size and time say they have not changed.
    """

    channels: ChannelPolicy = ChannelPolicy.MIX
    roles: Mapping[str, str] = field(default_factory=dict)
    cut: CutPolicy | None = None
    quality: QualitySettings = field(default_factory=QualitySettings)
    frames: bool = False
    workers: int | None = None
    budget_s: float = 60.0
    verify: bool = False


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes:
        store: the store's folder.
        embedded: segments whose audio went through the encoder.
        copied: segments whose audio was already known (duplicates); their embedding was copied.
        unchanged: recordings that needed nothing.
        relabelled: segments whose metadata or flags changed without embedding anything.
        failures: what could not be used.
        failed_files: files of which something could not be used (remarks on rows of a file that was used not counted).
        audio_s: seconds of audio read into segments by this run; overlapping segments count once.
        elapsed_s: wall-clock seconds.
        notes: remarks a user should read.
    """

    store: Path
    embedded: int
    copied: int
    unchanged: int
    relabelled: int
    failures: tuple[Failure, ...]
    failed_files: int
    audio_s: float
    elapsed_s: float
    notes: tuple[str, ...] = ()

    @property
    def times_real_time(self) -> float:
        """Seconds of audio a second."""
        return self.audio_s / self.elapsed_s if self.elapsed_s > 0 else 0.0


def build(
    corpus: Corpus,
    store: Path | str,
    encoder: Encoder,
    settings: BuildSettings | None = None,
    *,
    progress: Progress | None = None,
) -> BuildReport:
    """Embed a corpus into a store, or bring a store up to date with its corpus.

    Recordings already in the store are not decoded again while their size and time are as they
    were; their metadata is compared and updated. Everything is written in steps of a fixed number
    of recordings, each whole: a build that is killed goes on where it stopped and ends with the
    store an undisturbed one makes.

    Args:
        corpus: the recordings and what is known about them.
        store: the store's folder; made when it does not exist.
        encoder: the encoder; the store refuses another than the one it was made with.
        settings: how to cut, measure and run.
        progress: called with recordings done, recordings in all, and a line on the state.

    Returns:
        What was done, failures included.

    Raises:
        EncoderMismatchError: the store holds another encoder's embeddings or another cut.
        EncoderError: frames are asked of an encoder without a head.
        LockedStoreError: another build is writing to the store.
        StoreError: the disk is full, or the store is damaged.
    """
    settings = settings or BuildSettings()
    if settings.frames and encoder.head is None:
        raise EncoderError(f"{encoder.card.name} has no head of its own, so it has no frame scores: leave out --frames")
    given = bool(corpus.table["start_s"].notna().any())
    cut = settings.cut or CutPolicy(CutMode.MANIFEST if given else CutMode.WHOLE)
    if cut.mode == CutMode.WINDOWS and cut.window_s * encoder.card.rate_hz < encoder.min_samples:
        shortest = encoder.min_samples / encoder.card.rate_hz
        raise EncoderError(f"{encoder.card.name} needs windows of at least {shortest:g} s, got {cut.window_s:g} s")
    target = _open_or_create(Path(store), encoder, cut, settings.channels)
    with target.writer() as writer:
        spool = target.path / ".spool"
        shutil.rmtree(spool, ignore_errors=True)  # left by a killed build
        spool.mkdir()
        try:
            policy = TrackPolicy(settings.channels, cut, settings.quality, spool)
            return _Build(corpus, target, writer, encoder, settings, policy, progress).run()
        finally:
            shutil.rmtree(spool, ignore_errors=True)


def _open_or_create(path: Path, encoder: Encoder, cut: CutPolicy, channels: ChannelPolicy) -> EmotionStore:
    card, head = encoder.card, encoder.head
    recipe = {key: str(value) if isinstance(value, CutMode) else value for key, value in asdict(cut).items()}
    if (path / STORE_FILE).exists():
        store = EmotionStore.open(path)
        store.require(fingerprint=card.fingerprint, cut=recipe, channels=str(channels), name=card.name)
        return store
    return EmotionStore.create(
        path,
        encoder=asdict(card),
        fingerprint=card.fingerprint,
        cut=recipe,
        channels=str(channels),
        head=None if head is None else BUILTIN_HEAD,
        labels=() if head is None else head.labels,
        head_arrays=None
        if head is None
        else {"weights": head.weights, "bias": head.bias, "temperature": head.temperature},
    )


class _Build:
    """One run: its plan, its counters and its steps."""

    def __init__(
        self,
        corpus: Corpus,
        store: EmotionStore,
        writer: StoreWriter,
        encoder: Encoder,
        settings: BuildSettings,
        policy: TrackPolicy,
        progress: Progress | None,
    ) -> None:
        self.corpus, self.store, self.writer, self.encoder = corpus, store, writer, encoder
        self.settings, self.policy, self.progress = settings, policy, progress
        self.root = corpus_name(corpus.root, store.path.resolve())
        self.schema = segment_schema(corpus)
        self.started = time.perf_counter()
        self.total = self.done = self.embedded = self.copied = self.relabelled = 0
        self.audio_s = 0.0
        self.failures: list[Failure] = []
        self.named = set(corpus.table["file"])
        self.problems: dict[str, list[Failure]] = {}
        self.recordings = corpus.recordings()
        moved = follow_move(self.recordings, self.root, store.path, writer)
        self.notes = [*writer.notes, *filter(None, [moved])]
        self.taken: set[str] = set(writer.segments["segment_id"].to_pylist())
        self.known: set[str] = set()  # content whose embedding the store can copy
        self._learn([], anew=True)
        self.files = {
            r["file"] for r in writer.segments.select(["corpus", "file"]).to_pylist() if r["corpus"] == self.root
        }

    def run(self) -> BuildReport:
        """Plan, bring the metadata up to date, then write step by step."""
        plan = make_plan(self.recordings, self.root, self.writer, self.policy.cut.mode, verify=self.settings.verify)
        self.done, self.total = len(plan.unchanged), len(plan.unchanged) + sum(map(len, plan.steps))
        self.failures += self._known_failures({r.file for r in plan.unchanged})
        self._tell()
        self._list_corpus_problems()
        self._relabel(plan)
        self._note_missing_frames(plan)
        with Workers(self._worker_count()) as workers:
            read = workers.ordered(_read, ((r, self.policy) for step in plan.steps for r in step))
            for step in plan.steps:
                todo = deque(step)
                while todo:
                    self._write(todo, read, workers)
        if waiting := score_new_rows(self.store, self.writer):
            self.notes.append(waiting)
        return self._report(plan)

    def _worker_count(self) -> int:
        """As asked; else one a core, or a few where the encoder itself keeps the cores busy."""
        if self.settings.workers is not None:
            return self.settings.workers
        return cores() if self.encoder.in_workers else max(1, cores() // 4)

    def _known_failures(self, files: set[str]) -> list[Failure]:
        """What earlier builds listed for files that are as they were: it still stands."""
        return [
            Failure(row["file"], row["stage"], row["reason"], row["start_s"], row["end_s"])
            for row in self.writer.failures.to_pylist()
            if row["corpus"] == self.root and row["file"] in files and row["stage"] != "corpus"
        ]

    def _list_corpus_problems(self) -> None:
        """What the corpus itself could not use, in place of what an earlier build listed."""
        for problem in self.corpus.problems:
            where = "" if problem.row is None else f"row {problem.row}: "
            self.problems.setdefault(problem.file, []).append(
                Failure(problem.file, "corpus", f"{where}{problem.reason}")
            )
        found = [failure for several in self.problems.values() for failure in several]
        self.failures += found
        before = [
            row
            for row in self.writer.failures.to_pylist()
            if row["corpus"] == self.root and (row["stage"] == "corpus" or row["file"] not in self.named)
        ]
        if gone := len(self.files - self.named):
            self.notes.append(f"{gone} files of the store are no longer in the corpus: their segments stay")
        if found or before:
            files = {f.file for f in found} | {r["file"] for r in before}
            empty = StepRows(self.root, self.schema, self.encoder.head, self.encoder.card.dim)
            self.writer.commit(
                segments=empty.segment_table(),
                embeddings=empty.embedding_table(),
                failures=failure_table(found, self.root),
                handled=[(self.root, file) for file in files],
            )

    def _ids_of(self, files: set[str]) -> set[str]:
        """The segments that files of this corpus have in the store now."""
        table = self.writer.segments.select(["segment_id", "corpus", "file"])
        mine = pc.and_(
            pc.equal(table["corpus"], self.root), pc.is_in(table["file"], pa.array(sorted(files), pa.string()))
        )
        return set(table.filter(mine)["segment_id"].to_pylist())

    def _write(self, todo: deque[Recording], read: Iterator[Any], workers: Workers) -> None:
        """Write the next recordings of a step, as many as memory allows: all their rows at once, or none."""
        step: list[Recording] = []
        rows = StepRows(self.root, self.schema, self.encoder.head, self.encoder.card.dim)
        failures: list[Failure] = []
        made = dict(self._embed(self._heard(todo, read, step, rows, failures), workers))
        lost = {content: error for content, error in made.items() if isinstance(error, EncoderError)}
        failures += [
            Failure(row["file"], "embed", str(lost[row["content_id"]]), row["start_s"], row["end_s"])
            for row in rows.segments
            if row["content_id"] in lost
        ]
        rows.segments = [row for row in rows.segments if row["content_id"] not in lost]
        # A file that cannot be read today keeps the rows of its last reading; it is listed.
        replaced = {row["file"] for row in rows.recordings} & self.files
        self.taken -= self._ids_of(replaced) if replaced else set()
        ids = segment_ids([row["content_id"] for row in rows.segments], self.taken)
        for row, segment_id in zip(rows.segments, ids, strict=True):
            row["segment_id"] = segment_id
            # A row without an embedding here is a copy: the writer takes it from the row with the same content.
            if isinstance(found := made.get(row["content_id"]), SegmentEmbedding):
                rows.embedded[segment_id] = found
        known = [problem for file in sorted({r.file for r in step}) for problem in self.problems.get(file, ())]
        notes = self.writer.commit(
            segments=rows.segment_table(),
            embeddings=rows.embedding_table(),
            frames=rows.frame_table(),
            recordings=rows.recording_table(),
            failures=failure_table([*failures, *known], self.root),
            replaces=[(self.root, file) for file in sorted(replaced)],
            handled=[(self.root, r.file) for r in step],
        )
        self.taken.update(ids)
        self._learn(rows.segments, anew=bool(replaced))
        self.notes += [note for note in notes if note not in self.notes]
        fresh = len(made) - len(lost)
        self.embedded += fresh
        self.copied += len(rows.segments) - fresh
        self.failures += failures
        self._tell()

    def _learn(self, segments: Sequence[dict[str, Any]], *, anew: bool) -> None:
        """Note the content that need not be heard again; anew where rows have left the store."""
        if self.settings.frames:
            return  # frame logits are not copied between rows: with frames every new row is heard
        if anew:
            self.known = set(self.writer.segments["content_id"].to_pylist())
        else:
            self.known.update(row["content_id"] for row in segments)

    def _heard(
        self,
        todo: deque[Recording],
        read: Iterator[tuple[Any, Any]],
        step: list[Recording],
        rows: StepRows,
        failures: list[Failure],
    ) -> Iterator[tuple[Track, list[tuple[str, Piece]]]]:
        """Each track with the segments whose audio has not been embedded yet, until the rows weigh enough.

        Moves the recordings it has read from ``todo`` to ``step``; the channels of one file stay together.
        """
        seen: set[str] = set()
        while todo:
            full = rows.weight(frames=self.settings.frames) >= _STEP_BYTES
            if full and step and todo[0].file != step[-1].file:
                return
            _, outcome = next(read)
            recording = todo.popleft()
            step.append(recording)
            self.done += 1
            self._tell()
            if isinstance(outcome, WorkerDiedError):
                failures.append(Failure(recording.file, "decode", str(outcome)))
                continue
            tracks, failed = outcome
            failures += failed
            for track in tracks:
                rows.add_recording(recording, track)
                self.audio_s += track.covered_s
                new = []
                for piece in track.pieces:
                    content = content_id(track.waveform.digest, piece.start, piece.stop)
                    rows.segments.append(rows.segment(recording, track, piece, content, self.settings.roles))
                    if content not in seen and content not in self.known:
                        seen.add(content)
                        new.append((content, piece))
                yield track, new

    def _embed(
        self, heard: Iterator[tuple[Track, list[tuple[str, Piece]]]], workers: Workers
    ) -> Iterator[tuple[str, SegmentEmbedding | EncoderError]]:
        """Embed the new segments, here or in the workers, as the encoder asks."""
        chunk_s, settings = self.policy.cut.chunk_s, self.settings
        if not self.encoder.in_workers:
            yield from encode_segments(
                self.encoder, _clips_of(heard, chunk_s), budget_s=settings.budget_s, frames=settings.frames
            )
            return
        tasks = ((self.encoder, track, new, chunk_s, settings) for track, new in heard)
        for (_, track, new, _, _), outcome in workers.ordered(_embed_track, tasks):
            with track.waveform:
                if isinstance(outcome, WorkerDiedError):
                    yield from ((content, EncoderError(str(outcome))) for content, _ in new)
                else:
                    yield from outcome

    def _relabel(self, plan: Plan) -> None:
        """Bring metadata and flags up to date, before new rows come, so that both carry the same columns."""
        if not len(self.writer.segments):
            return
        table, changed = relabelled(
            self.writer.segments, self.recordings, self.root, self.schema, self.settings.roles, self.policy.quality
        )
        if changed:
            self.notes += self.writer.replace_segments(table)
        unread = {r.file for r in plan.unchanged}
        self.relabelled = sum(row["file"] in unread for row in changed)

    def _note_missing_frames(self, plan: Plan) -> None:
        if self.settings.frames and plan.unchanged:
            without = len(self.writer.segments) - self.writer.with_frames()
            if without:
                self.notes.append(f"{without} stored segments have no frame scores: add --verify to make them")

    def _failed(self) -> set[str]:
        # A row left out of a file that is used is a remark, not a failed file.
        return {f.file for f in self.failures if f.stage != "corpus" or f.file not in self.named}

    def _tell(self) -> None:
        if self.progress:
            elapsed = time.perf_counter() - self.started
            failed = len(self._failed())
            speed = self.audio_s / elapsed if elapsed > 0 else 0
            self.progress(
                self.done, self.total, f"{self.audio_s / 3600:.2f} h of audio, {speed:.0f}x real time, {failed} failed"
            )

    def _report(self, plan: Plan) -> BuildReport:
        elapsed = time.perf_counter() - self.started
        report = BuildReport(
            store=self.store.path,
            embedded=self.embedded,
            copied=self.copied,
            unchanged=len(plan.unchanged),
            relabelled=self.relabelled,
            failures=tuple(self.failures),
            failed_files=len(self._failed()),
            audio_s=self.audio_s,
            elapsed_s=elapsed,
            notes=tuple(self.notes),
        )
        self.writer.write_run(
            run_record(
                "build",
                corpus=self.root,
                mapping=self.corpus.describe().replace(str(self.corpus.root), self.root),
                encoder=asdict(self.encoder.card),
                settings=asdict(replace(self.settings, cut=self.policy.cut)),
                counts={
                    "recordings": self.total,
                    "embedded": report.embedded,
                    "copied": report.copied,
                    "unchanged": report.unchanged,
                    "relabelled": report.relabelled,
                    "failed_files": report.failed_files,
                },
                audio_s=round(report.audio_s, 3),
                elapsed_s=round(report.elapsed_s, 3),
                times_real_time=round(report.times_real_time, 2),
                notes=list(report.notes),
            )
        )
        return report


def _read(task: tuple[Recording, TrackPolicy]) -> tuple[list[Track], list[Failure]]:
    return read_tracks(*task)


def _clips_of(
    heard: Iterator[tuple[Track, list[tuple[str, Piece]]]], chunk_s: float
) -> Iterator[tuple[str, Iterator[np.ndarray]]]:
    for track, new in heard:
        with track.waveform:
            yield from ((content, track.clips(piece, chunk_s)) for content, piece in new)


def _embed_track(
    task: tuple[Encoder, Track, list[tuple[str, Piece]], float, BuildSettings],
) -> list[tuple[str, SegmentEmbedding | EncoderError]]:
    encoder, track, new, chunk_s, settings = task
    clips = ((content, track.clips(piece, chunk_s)) for content, piece in new)
    return list(encode_segments(encoder, clips, budget_s=settings.budget_s, frames=settings.frames))
