r"""What people decided about clips after listening: an append-only log beside the store.

``decisions.jsonl`` in the store's folder holds one JSON object a line, in UTF-8, oldest first, and is only ever
appended to. Every line has the same keys:

    id           32 hex digits
    when         ISO 8601, UTC
    who          whoever decided, or null: nobody has to be named
    segment_id   the clip
    kind         what was asked: ``label``, ``duplicate``, ``tag:`` and a word, ...
    given        what the store said when the decision was made, or null
    decided      what was decided instead, or null: what the store says is right
    undone       null, or the ``id`` of the earlier decision that this line takes back (then the others repeat it)

The decision that holds for a clip and a kind is the last that is not taken back. A line that cannot be read (a
machine that lost power while writing leaves half of one) is passed over and said. Reading needs no lock; writers wait
for each other. The log does not depend on the store's other files, so a build may run meanwhile.
"""

from __future__ import annotations

import csv
import io
import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from emoanalytics.errors import LockedStoreError, StoreError
from emoanalytics.spreadsheets import harmless
from emoanalytics.store.disk import write_bytes

DECISIONS_FILE = "decisions.jsonl"
DECISIONS_LOCK = ".decisions.lock"
_WAIT_S = 10.0


@dataclass(frozen=True)
class Decision:
    """One line of the log; the module says what each entry means.

    Raises:
        StoreError: an entry is missing or not text.
    """

    id: str
    when: str
    segment_id: str
    kind: str
    given: str | None = None
    decided: str | None = None
    who: str | None = None
    undone: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            optional = field.name in ("given", "decided", "who", "undone")
            if not ((isinstance(value, str) and value.strip()) or (value is None and optional)):
                raise StoreError(f"a decision's {field.name} is a text, not {value!r}")


@dataclass(frozen=True)
class Log:
    """The log as it was read.

    Attributes:
        lines: every line that could be read, oldest first.
        notes: one line each about those that could not.
    """

    lines: tuple[Decision, ...]
    notes: tuple[str, ...] = ()

    @property
    def standing(self) -> tuple[Decision, ...]:
        """The decisions that nobody took back, oldest first."""
        back = {line.undone for line in self.lines}
        return tuple(line for line in self.lines if line.undone is None and line.id not in back)

    def latest(self, kind: str | None = None) -> Mapping[tuple[str, str], Decision]:
        """The decision that holds, by segment id and kind; of one kind only where it is named."""
        return {(d.segment_id, d.kind): d for d in self.standing if kind in (None, d.kind)}


class Decisions:
    """The decisions kept beside a store.

    Args:
        folder: the store's folder.
        wait_s: how long to wait for another writer.
    """

    def __init__(self, folder: str | Path, *, wait_s: float = _WAIT_S) -> None:
        self.path = Path(folder) / DECISIONS_FILE
        self._wait_s = wait_s

    def read(self) -> Log:
        """The log; empty when nothing has been decided.

        Raises:
            StoreError: the file cannot be read.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return Log(())
        except OSError as error:
            raise StoreError(f"cannot read {self.path} ({error.strerror or error})") from error
        lines, notes = [], []
        for number, line in enumerate(content.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                lines.append(_read(line))
            except (ValueError, RecursionError, StoreError) as error:
                reason = str(error).splitlines()[0] if isinstance(error, StoreError) else "not a whole line of JSON"
                notes.append(f"{self.path}, line {number}, was passed over: {reason}")
        return Log(tuple(lines), tuple(notes))

    def record(
        self,
        segment_id: str,
        kind: str,
        *,
        given: str | None = None,
        decided: str | None = None,
        who: str | None = None,
    ) -> Decision:
        """Append a decision; it is on the disk when this returns.

        Raises:
            StoreError: an entry is not text, or the log cannot be written.
            LockedStoreError: somebody else has been writing for too long.
        """
        return self.record_all([(segment_id, kind, given, decided)], who=who)[0]

    def record_all(
        self, entries: Sequence[tuple[str, str, str | None, str | None]], *, who: str | None = None
    ) -> tuple[Decision, ...]:
        """Append several decisions in one go.

        Args:
            entries: segment id, kind, given and decided of each.
            who: decided.

        Raises:
            StoreError: an entry is not text, or the log cannot be written.
            LockedStoreError: somebody else has been writing for too long.
        """
        now = _now()
        made = tuple(Decision(_new_id(), now, *entry, who) for entry in entries)
        if made:
            with self._writing():
                self._append(*made)
        return made

    def undo(self, decision_id: str | None = None, *, who: str | None = None) -> Decision:
        """Take a decision back; by default the last that stands.

        Returns:
            The line that takes it back.

        Raises:
            StoreError: there is no such decision, it is taken back already, or the log cannot be written.
            LockedStoreError: somebody else has been writing for too long.
        """
        with self._writing():
            log = self.read()
            standing = {d.id: d for d in log.standing}
            if decision_id is None and not standing:
                raise StoreError(f"{self.path} holds no decision to take back")
            chosen = log.standing[-1].id if decision_id is None else decision_id
            if chosen not in standing:
                known = any(d.id == chosen and d.undone is None for d in log.lines)
                what = "was taken back already" if known else f"is not in {self.path}"
                raise StoreError(f"the decision {chosen} {what}")
            line = replace(standing[chosen], id=_new_id(), when=_now(), who=who, undone=chosen)
            self._append(line)
        return line

    def export_csv(self, path: str | Path) -> int:
        """Write every decision as a table, with whether it was taken back; opens in spreadsheet programs.

        A text that they would run as a formula gets an apostrophe in front.

        Returns:
            How many rows.

        Raises:
            StoreError: the log cannot be read or the file not written.
        """
        log = self.read()
        standing = {d.id for d in log.standing}
        made = [d for d in log.lines if d.undone is None]
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(["when", "who", "segment_id", "kind", "given", "decided", "undone"])
        for d in made:
            texts = (d.when, d.who, d.segment_id, d.kind, d.given, d.decided)
            table.writerow([*(text and harmless(text) for text in texts), d.id not in standing])
        write_bytes(Path(path), text.getvalue().encode("utf-8-sig"))  # the mark tells Excel that it is UTF-8
        return len(made)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self.path.parent.is_dir():
            raise StoreError(f"{self.path.parent} is no folder: decisions are kept beside a store")
        lock = FileLock(self.path.parent / DECISIONS_LOCK, timeout=self._wait_s)
        try:
            lock.acquire()
        except Timeout:
            raise LockedStoreError(f"another program has been writing to {self.path} for too long: try again") from None
        except OSError as error:
            raise StoreError(f"cannot write to {self.path.parent} ({error.strerror or error})") from error
        try:
            yield
        finally:
            lock.release()

    def _append(self, *lines: Decision) -> None:
        text = "".join(json.dumps(asdict(line), ensure_ascii=False) + "\n" for line in lines).encode()
        try:
            with self.path.open("ab+") as file:
                if file.tell() and _last_byte(file) != b"\n":  # half a line is there: do not spoil this one too
                    text = b"\n" + text
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(
                f"cannot write {self.path} ({error.strerror or error}): the decision is not kept"
            ) from error


def _last_byte(file: Any) -> bytes:
    file.seek(-1, os.SEEK_END)
    return bytes(file.read(1))


def _read(line: bytes) -> Decision:
    content: Any = json.loads(line.decode())
    if not isinstance(content, dict):
        raise StoreError("not a JSON object")
    missing = {"id", "when", "segment_id", "kind"} - content.keys()
    if missing:
        raise StoreError(f"it has no {', '.join(sorted(missing))}")
    # Entries of a later version are passed over.
    known: dict[str, Any] = {field.name: content.get(field.name) for field in fields(Decision)}
    return Decision(**known)


def _new_id() -> str:
    return uuid.uuid4().hex


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
