"""Audio to store: plan, decode and measure in worker processes, embed, write, resume."""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emoanalytics.audio.corpus import Corpus, Recording
from emoanalytics.audio.decode import ChannelPolicy
from emoanalytics.audio.segments import CutMode, CutPolicy
from emoanalytics.audio.tracks import Failure, Piece, Track, TrackPolicy
from emoanalytics.embed.batches import SegmentEmbedding, encode_segments
from emoanalytics.embed.encoder import Encoder
from emoanalytics.errors import EncoderError
from emoanalytics.pipeline.behind import Behind
from emoanalytics.pipeline.hearing import Heard, Task, content_of, hear
from emoanalytics.pipeline.outlook import Outlook
from emoanalytics.pipeline.result import BuildReport
from emoanalytics.pipeline.settings import BuildSettings
from emoanalytics.plan import Plan, corpus_name, follow_move, make_plan
from emoanalytics.rows import StepRows, failure_table, relabelled, segment_schema
from emoanalytics.runs import run_record
from emoanalytics.scoring import score_new_rows
from emoanalytics.store.keys import segment_ids
from emoanalytics.store.schema import BUILTIN_HEAD, STORE_FILE
from emoanalytics.store.store import EmotionStore
from emoanalytics.store.writer import StoreWriter
from emoanalytics.workers import WorkerDiedError, Workers, cores

__all__ = ["BuildReport", "BuildSettings", "build"]

Progress = Callable[[int, int, str], None]
_STEP_BYTES = 64 << 20  # rows of one step are written early when they weigh this much
_AHEAD_BYTES = 96 << 20  # decoded samples that may wait for the encoder: 25 minutes of audio


def build(
    corpus: Corpus,
    store: Path | str,
    encoder: Encoder,
    settings: BuildSettings | None = None,
    *,
    precision: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    outlook: Outlook | None = None,
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
        precision: how the encoder's arithmetic was chosen, for the record of the run.
        progress: called with recordings done, recordings in all, and a line on the state.
        outlook: a new one, for who wants to read the time left as a number while ``progress`` is called.

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
            return _Build(corpus, target, writer, encoder, settings, policy, progress, outlook).run(precision)
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
        outlook: Outlook | None,
    ) -> None:
        self.corpus, self.store, self.writer, self.encoder = corpus, store, writer, encoder
        self.settings, self.policy, self.progress = settings, policy, progress
        self.root = corpus_name(corpus.root, store.path.resolve())
        self.schema = segment_schema(corpus)
        self.started = time.perf_counter()
        self.total = self.done = self.embedded = self.copied = self.relabelled = 0
        self.audio_s = 0.0
        self.outlook = outlook or Outlook()
        self.failures: list[Failure] = []
        self.failed: set[str] = set()
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

    def run(self, precision: Mapping[str, Any] | None) -> BuildReport:
        """Plan, bring the metadata up to date, then write step by step."""
        plan = make_plan(self.recordings, self.root, self.writer, self.policy.cut.mode, verify=self.settings.verify)
        self.done, self.total = len(plan.unchanged), len(plan.unchanged) + sum(map(len, plan.steps))
        self._list(self._known_failures({r.file for r in plan.unchanged}))
        self._tell()
        self._list_corpus_problems()
        self._relabel(plan)
        self._note_missing_frames(plan)
        self.outlook.expect(r for step in plan.steps for r in step)
        with Workers(self._worker_count()) as workers, Behind() as behind:
            heard = workers.ordered(
                hear,
                self._tasks(plan),
                weigh=None if self.encoder.in_workers else lambda task: self.outlook.weight(task.recording),
                room=_AHEAD_BYTES,
            )
            for step in plan.steps:
                todo = deque(step)
                while todo:
                    self._write(todo, heard, behind)
            behind.wait()
        if waiting := score_new_rows(self.store, self.writer):
            self.notes.append(waiting)
        return self._report(plan, precision)

    def _worker_count(self) -> int:
        """As asked; else one a core, or a few where the encoder itself keeps the cores busy."""
        if self.settings.workers is not None:
            return self.settings.workers
        return cores() if self.encoder.in_workers else max(1, cores() // 4)

    def _tasks(self, plan: Plan) -> Iterator[Task]:
        """What the workers are asked, recording by recording."""
        settings, here = self.settings, self.encoder.in_workers
        own = self._content_by_file({r.file for step in plan.steps for r in step}) if here else {}
        for step in plan.steps:
            for recording in step:
                yield Task(
                    recording,
                    self.policy,
                    self.encoder if here else None,
                    own.get(recording.file, frozenset()),
                    settings.budget_s,
                    settings.frames,
                )

    def _content_by_file(self, files: set[str]) -> dict[str, frozenset[str]]:
        """The content that the rows of each of these files have an embedding of, before this run."""
        if self.settings.frames or not files & self.files:
            return {}
        found: dict[str, set[str]] = {}
        for row in self.writer.segments.select(["corpus", "file", "content_id"]).to_pylist():
            if row["corpus"] == self.root and row["file"] in files:
                found.setdefault(row["file"], set()).add(row["content_id"])
        return {file: frozenset(contents) for file, contents in found.items()}

    def _known_failures(self, files: set[str]) -> list[Failure]:
        """What earlier builds listed for files that are as they were: it still stands."""
        return [
            Failure(row["file"], row["stage"], row["reason"], row["start_s"], row["end_s"])
            for row in self.writer.failures.to_pylist()
            if row["corpus"] == self.root and row["file"] in files and row["stage"] != "corpus"
        ]

    def _list(self, failures: Sequence[Failure]) -> None:
        """Keep failures for the report; a row left out of a file that is used is a remark, not a failed file."""
        self.failures += failures
        self.failed.update(f.file for f in failures if f.stage != "corpus" or f.file not in self.named)

    def _list_corpus_problems(self) -> None:
        """What the corpus itself could not use, in place of what an earlier build listed."""
        for problem in self.corpus.problems:
            where = "" if problem.row is None else f"row {problem.row}: "
            self.problems.setdefault(problem.file, []).append(
                Failure(problem.file, "corpus", f"{where}{problem.reason}")
            )
        found = [failure for several in self.problems.values() for failure in several]
        self._list(found)
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

    def _write(self, todo: deque[Recording], heard: Iterator[tuple[Task, Any]], behind: Behind) -> None:
        """Write the next recordings of a step, as many as memory allows: all their rows at once, or none."""
        step: list[Recording] = []
        rows = StepRows(
            self.root,
            self.schema,
            self.encoder.head,
            self.encoder.card.dim,
            self.settings.frame_rate_hz if self.settings.frames else None,
        )
        failures: list[Failure] = []
        made = self._embed(self._gather(todo, heard, step, rows, failures))
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
        self.taken.update(ids)
        behind.put(lambda: self._commit(rows, failures, step, replaced))
        if replaced:
            behind.wait()  # what may be copied is known when the old rows are gone
        self._learn(rows.segments, anew=bool(replaced))
        fresh = len(made) - len(lost)
        self.embedded += fresh
        self.copied += len(rows.segments) - fresh
        self._list(failures)
        self.outlook.settle()
        self._tell()

    def _commit(self, rows: StepRows, failures: list[Failure], step: list[Recording], replaced: set[str]) -> None:
        """Put a step on disk; runs in the writer's thread."""
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
        self.notes += [note for note in notes if note not in self.notes]

    def _learn(self, segments: Sequence[dict[str, Any]], *, anew: bool) -> None:
        """Note the content that need not be heard again; anew where rows have left the store."""
        if self.settings.frames:
            return  # frame logits are not copied between rows: with frames every new row is heard
        if anew:
            self.known = set(self.writer.segments["content_id"].to_pylist())
        else:
            self.known.update(row["content_id"] for row in segments)

    def _gather(
        self,
        todo: deque[Recording],
        heard: Iterator[tuple[Task, Any]],
        step: list[Recording],
        rows: StepRows,
        failures: list[Failure],
    ) -> Iterator[tuple[Track, list[tuple[str, Piece]], dict[str, SegmentEmbedding | EncoderError]]]:
        """Each track with its segments of new content, and what the worker made of them already.

        Moves the recordings it has read from ``todo`` to ``step``, until the rows weigh enough; the channels of one
        file stay together.
        """
        seen: set[str] = set()
        while todo:
            full = rows.weight() >= _STEP_BYTES
            if full and step and todo[0].file != step[-1].file:
                return
            _, found = next(heard)
            recording = todo.popleft()
            step.append(recording)
            self.done += 1
            if isinstance(found, WorkerDiedError):
                failures.append(Failure(recording.file, "decode", str(found)))
                found = Heard((), ())
            failures += found.failures
            made = dict(found.embedded)
            decoded_s, used_s = (sum(s) for s in ([t.waveform.duration_s for t in found.tracks],
                                                   [t.covered_s for t in found.tracks]))  # fmt: skip
            self.outlook.read(recording, decoded_s, used_s)
            self.audio_s += used_s
            self._tell()
            for track in found.tracks:
                rows.add_recording(recording, track)
                new = []
                for piece in track.pieces:
                    content = content_of(track, piece)
                    rows.segments.append(rows.segment(recording, track, piece, content, self.settings.roles))
                    if content not in seen and content not in self.known:
                        seen.add(content)
                        new.append((content, piece))
                yield track, new, made

    def _embed(
        self,
        tracks: Iterator[tuple[Track, list[tuple[str, Piece]], dict[str, SegmentEmbedding | EncoderError]]],
    ) -> dict[str, SegmentEmbedding | EncoderError]:
        """The embedding of every new content, or the error its audio met."""
        made: dict[str, SegmentEmbedding | EncoderError] = {}
        if self.encoder.in_workers:
            for track, new, embedded in tracks:
                made.update((content, embedded[content]) for content, _ in new)
                self.outlook.embedded(track.covered_s)
            return made
        seconds: dict[str, float] = {}

        def clips() -> Iterator[tuple[str, Iterator[np.ndarray]]]:
            for track, new, _ in tracks:
                with track.waveform:
                    for content, piece in new:
                        seconds[content] = piece.segment.duration_s
                        yield content, track.clips(piece, self.policy.cut.chunk_s)

        for content, found in encode_segments(
            self.encoder, clips(), budget_s=self.settings.budget_s, frames=self.settings.frames
        ):
            made[content] = found
            self.outlook.embedded(seconds.pop(content))
            self._tell()
        return made

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

    def _tell(self) -> None:
        if self.progress:
            state = f"{self.outlook.words()}, " if self.done < self.total or self.outlook.done_s < self.audio_s else ""
            self.progress(
                self.done, self.total, f"{self.audio_s / 3600:.2f} h of audio, {state}{len(self.failed)} failed"
            )

    def _report(self, plan: Plan, precision: Mapping[str, Any] | None) -> BuildReport:
        elapsed = time.perf_counter() - self.started
        report = BuildReport(
            store=self.store.path,
            embedded=self.embedded,
            copied=self.copied,
            unchanged=len(plan.unchanged),
            relabelled=self.relabelled,
            failures=tuple(self.failures),
            failed_files=len(self.failed),
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
                **({} if precision is None else {"precision": dict(precision)}),
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
