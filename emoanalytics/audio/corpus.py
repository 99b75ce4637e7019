"""A corpus: which recordings there are, and who, when and which label the people who made it say.

`open_corpus` reads a folder, a manifest or one file, and never guesses in silence: `Corpus.describe` says how
every column came about. What cannot be used becomes a `Problem`; the rest goes on.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pandas as pd

from emoanalytics.audio import grammars, manifests
from emoanalytics.audio.decode import AUDIO_SUFFIXES
from emoanalytics.audio.grammars import Grammar
from emoanalytics.audio.manifests import FILE, KNOWN_COLUMNS, TEXT_COLUMNS, Kind, Note, Problem, Sheet
from emoanalytics.audio.segments import Segment
from emoanalytics.errors import CorpusError
from emoanalytics.labels import EMOTION_IDS, Language

__all__ = ["Corpus", "Kind", "Mapping", "Note", "Problem", "Recording", "metadata_of", "open_corpus"]

# The end of a segment that runs to the end of its recording, before the recording's length is known (116 days).
TO_END_S = 1e7
_STORE_FILE = "store.json"
_PLACE = (FILE, "start_s", "end_s", "channel")


@dataclass(frozen=True)
class Mapping:
    """How a corpus was read.

    Attributes:
        kind: what it was read from.
        source: the manifest, or None for a plain folder or file.
        columns: column of the manifest -> known column it became.
        kept: column of the manifest (or field of the grammar) -> name it is kept under.
        grammar: the template, or the name of the known corpus, that file names were read by.
        grammar_columns: the columns that file names gave.
        labels: label as given -> as kept in ``emotion_given`` (one of the nine where it means one).
        notes: everything else that was decided.
    """

    kind: Kind
    source: Path | None = None
    columns: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    grammar: str | None = None
    grammar_columns: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, eq=False)
class Recording:
    """One channel of one file, with what the corpus says about it.

    Attributes:
        file: POSIX path relative to the corpus folder (absolute where it lies outside).
        path: absolute path.
        channel: the channel the manifest names, or None.
        rows: the manifest's rows: ``start_s``, ``end_s`` (NaN: the whole file; only the end NaN: to the end), then
            the metadata columns.
        given: the segments the manifest gives, in order; an end at `TO_END_S` means the end of the recording.
    """

    file: str
    path: Path
    channel: str | None
    rows: pd.DataFrame
    given: tuple[Segment, ...]

    @cached_property
    def _records(self) -> list[dict[str, Any]]:
        return _plain_records(self.rows)


@dataclass(frozen=True, eq=False)
class Corpus:
    """Recordings and what is known about them.

    Attributes:
        root: the folder that ``file`` is relative to.
        table: one row a segment (or whole file), sorted by file, channel, start, end: the columns of
            `emoanalytics.audio.manifests.KNOWN_COLUMNS`, then the corpus's own. Text is str or None,
            ``recorded_at`` is datetime64[us, UTC].
        mapping: how it was read.
        problems: what could not be used.
    """

    root: Path
    table: pd.DataFrame
    mapping: Mapping
    problems: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        if tuple(self.table.columns[: len(KNOWN_COLUMNS)]) != KNOWN_COLUMNS:
            raise CorpusError(f"a corpus table starts with the columns {', '.join(KNOWN_COLUMNS)}")

    def recordings(self) -> list[Recording]:
        """Every channel of every file, sorted by file and channel."""
        if self.table.empty:
            return []
        files, channels = self.table[FILE].to_numpy(), self.table["channel"].to_numpy()
        rows = self.table.drop(columns=[FILE, "channel"])
        starts, ends = rows["start_s"].to_numpy(), rows["end_s"].to_numpy()
        first = np.flatnonzero([True, *((files[1:] != files[:-1]) | (channels[1:] != channels[:-1]))])
        records = _plain_records(rows)  # at once for all: a small frame costs as much as a large one
        found = []
        for low, high in zip(first, [*first[1:], len(rows)], strict=True):
            given = tuple(
                Segment(float(s), TO_END_S if np.isnan(e) else float(e))
                for s, e in zip(starts[low:high], ends[low:high], strict=True)
                if not np.isnan(s)
            )
            file = files[low]
            recording = Recording(file, self.root / file, channels[low], rows.iloc[low:high], given)
            vars(recording)["_records"] = records[low:high]
            found.append(recording)
        return found

    def describe(self, language: Language | str = Language.EN) -> str:
        """How the corpus was read, in words and counts: to be shown before it is used."""
        return "\n".join(_description(self, Language(language)))


def open_corpus(
    path: Path | str,
    *,
    manifest: Path | str | None = None,
    template: str | None = None,
    root: Path | str | None = None,
) -> Corpus:
    """Open a folder of audio, a manifest, or one audio file.

    Args:
        path: a folder (a manifest at its top is used), a manifest, or an audio file.
        manifest: the manifest to use, where a folder holds several.
        template: how file names are read, e.g. ``{speaker}_{session}_{emotion}_{take}`` or ``ravdess``
            (see `emoanalytics.audio.grammars`). Columns of a manifest win over it.
        root: the folder that paths in the manifest are relative to; by default the manifest's own.

    Raises:
        CorpusError: nothing there, no audio, a manifest that cannot be understood, or several to choose from.
    """
    place = _absolute(path)
    grammar = grammars.grammar(template) if template is not None else None
    base = _absolute(root) if root is not None else None
    if not place.exists():
        raise CorpusError(f"{place}: no such file or folder")
    if base is not None and not base.is_dir():
        raise CorpusError(f"{base}: the root is no folder")
    if place.is_dir() and (place / _STORE_FILE).is_file():
        raise CorpusError(f"{place} is a store, not a corpus: give the folder of the audio")
    scan: Scan | None = None
    sheet: Sheet | None = None
    if place.is_dir():
        scan = scan_folder(place)
        if manifest is None:
            sheet, notes = find_manifest(place, scan)
            scan = replace(scan, notes=(*scan.notes, *notes))
    elif manifest is None and place.suffix.lower() in AUDIO_SUFFIXES:
        scan = Scan(place.parent, (place.name,), _sidecars(place.parent, [place.name]))
    elif manifest is None:
        manifest = place
    if manifest is not None:
        source = _absolute(manifest)
        if not source.is_file():
            raise CorpusError(f"{source}: no such manifest")
        sheet = manifests.read_manifest(source)
    if sheet is None:
        assert scan is not None
        return _from_files(scan, Kind.FOLDER if place.is_dir() else Kind.AUDIO, base or scan.folder, grammar)
    top = place if place.is_dir() else place.parent
    bases = [base] if base else list(dict.fromkeys([sheet.source.parent, top]))
    return _from_manifest(sheet, bases, grammar, scan)


def _absolute(path: Path | str) -> Path:
    """Absolute, with a file's own link kept: in the snapshot folders of model hubs every file is a link."""
    place = Path(path)
    return place.resolve() if place.is_dir() else place.parent.resolve() / place.name


# ------------------------------------------------------------------------------------------------ folders


@dataclass(frozen=True)
class Scan:
    """What a folder holds.

    Attributes:
        folder: the folder.
        files: audio files, POSIX paths relative to it, sorted.
        sidecars: audio file -> the RTTM file beside it.
    """

    folder: Path
    files: tuple[str, ...]
    sidecars: dict[str, Path]
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()


def scan_folder(folder: Path) -> Scan:
    """Every audio file below a folder; hidden files and stores are passed over, links to folders followed once."""
    walk = _Walk(folder)
    while walk.real or walk.linked:
        # Links last: a file keeps its own path, not that of a link.
        walk.enter(walk.real.pop() if walk.real else walk.linked.pop(0))
    stores, nested = _few(walk.stores), _few(walk.nested)
    notes = []
    if walk.stores:
        notes.append(
            Note(f"passed over {len(walk.stores)} stores: {stores}", f"跳过 {len(walk.stores)} 个库：{stores}")
        )
    if walk.nested:
        count = len(walk.nested)
        notes.append(
            Note(
                f"{count} metadata files in sub-folders are not read ({nested}): open that folder",
                f"子文件夹中的 {count} 个元数据文件未读取（{nested}）：请单独打开该文件夹",
            )
        )
    files = sorted(walk.files)
    return Scan(folder, tuple(files), _sidecars(folder, files), tuple(notes), tuple(walk.problems))


class _Walk:
    """A walk through folders, each entered once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.real, self.linked = [""], list[str]()  # folders still to enter
        self.files: list[str] = []
        self.stores: list[str] = []
        self.nested: list[str] = []
        self.problems: list[Problem] = []
        above = [parent.stat() for parent in folder.resolve().parents]
        self._seen = {(s.st_dev, s.st_ino) for s in above}  # a link to "/" would bring in the whole machine

    def enter(self, inner: str) -> None:
        try:
            status = (self.folder / inner).stat()
            with os.scandir(self.folder / inner) as entries:
                found = sorted(entries, key=lambda e: e.name)
        except OSError as error:
            self._complain(f"{inner}/", f"the folder cannot be read ({error.strerror or error})")
            return
        if (status.st_dev, status.st_ino) in self._seen:
            self._complain(f"{inner}/", "a link to a folder above it or read already: not followed")
            return
        self._seen.add((status.st_dev, status.st_ino))
        if inner and any(e.name == _STORE_FILE for e in found):
            self.stores.append(inner)
            return
        folders: list[str] = []
        for entry in found:
            name = f"{inner}/{entry.name}" if inner else entry.name
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    (self.linked if entry.is_symlink() else folders).append(name)
                else:
                    self._meet(name, entry)
            except OSError as error:
                self._complain(name, f"cannot be looked at ({error.strerror or error})")
        self.real += reversed(folders)

    def _meet(self, name: str, entry: os.DirEntry[str]) -> None:
        if name != entry.name and entry.name.lower() in _HF_NAMES:
            self.nested.append(name)
        if Path(entry.name).suffix.lower() not in AUDIO_SUFFIXES:
            return
        if not entry.is_file():
            self._complain(name, "a link that leads to no file")
        elif not _is_unicode(name):
            self._complain(name, "the name is not valid Unicode: rename the file")
        else:
            self.files.append(name)

    def _complain(self, name: str, reason: str) -> None:
        self.problems.append(Problem(name if _is_unicode(name) else _printable(name), None, reason))


def _is_unicode(name: str) -> bool:
    """Whether a name off the disk is text; bytes that are not arrive as lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in name)


def _sidecars(folder: Path, files: Iterable[str]) -> dict[str, Path]:
    """The RTTM files that stand beside audio files of the same stem."""
    by_folder: dict[Path, list[str]] = {}
    for file in files:
        by_folder.setdefault((folder / file).parent, []).append(file)
    found: dict[str, Path] = {}
    for parent, inside in by_folder.items():
        names = {p.name.lower(): p.name for p in parent.iterdir() if p.suffix.lower() == ".rttm"}
        if names:
            beside = {f: names.get(Path(f).stem.lower() + ".rttm") for f in inside}
            found |= {f: parent / n for f, n in beside.items() if n is not None}
    return found


_HF_NAMES = frozenset({"metadata.csv", "metadata.jsonl", "metadata.parquet"})


def find_manifest(folder: Path, scan: Scan) -> tuple[Sheet | None, list[Note]]:
    """The manifest at the top of a folder, if there is one, and why other tables are not it.

    Raises:
        CorpusError: several files could be it.
    """
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    special = [folder / n for n in names if n == "wav.scp" or n.lower() in _HF_NAMES]
    special += [folder / n for n in names if n.endswith((".yaml", ".yml")) and manifests.audformat_tables(folder / n)]
    notes: list[Note] = []
    sheets: list[Sheet] = []
    beside = set(scan.sidecars.values())
    for path in (folder / n for n in names if not special and Path(n).suffix.lower() in manifests.TABLE_SUFFIXES):
        if path in beside:
            continue
        try:
            sheet = manifests.read_manifest(path)
        except CorpusError as error:
            reason = str(error).removeprefix(f"{path}: ")
            notes.append(Note(f"{path.name} is not used: {reason}", f"未使用 {path.name}：{reason}"))
            continue
        if _names_files(sheet, folder):
            sheets.append(sheet)
        else:
            notes.append(
                Note(f"{path.name} is not used: none of its files is here", f"未使用 {path.name}：其中的文件都不在此处")
            )
    found = special or [s.source for s in sheets]
    if len(found) > 1:
        raise CorpusError(
            f"{folder}: several manifests ({', '.join(p.name for p in found)}); choose one with --manifest"
        )
    if special:
        return manifests.read_manifest(special[0]), notes
    return (sheets[0] if sheets else None), notes


def _names_files(sheet: Sheet, folder: Path) -> bool:
    """Whether a table names at least one file that is there."""
    if sheet.kind is Kind.RTTM:
        return True
    names = sheet.frame[manifests.file_column(map(str, sheet.frame.columns))]
    disk = _Disk(folder)
    return any(disk.find(n)[0] is not None for n in manifests.as_text(names.head(200), strip=False) if n)


# ------------------------------------------------------------------------------------------- files on disk

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")


class _Disk:
    """Looks names up below a folder, reading each folder once instead of asking for each file."""

    def __init__(self, base: Path) -> None:
        self.base = str(base)
        self._folders: dict[str, dict[str, str] | None] = {}

    def find(self, name: str) -> tuple[str | None, str]:
        """The absolute path of a file as a manifest names it (None: not there), and why it is not there."""
        if _SCHEME.match(name):
            scheme = urlsplit(name).scheme.lower()
            if scheme != "file":
                return None, f"a web address ({scheme}), not a file on this machine: fetch it first"
            name = url2pathname(urlsplit(name).path)
        for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
            path = self._look(os.path.normpath(Path(self.base, spelling)))
            if path is not None:
                return path, ""
        return None, f"no such file: {name}"

    def _look(self, path: str) -> str | None:
        folder, name = os.path.split(path)
        listed = self._listed(folder)
        if listed is None:  # a folder may be passed through without being listed
            return path if _is_file(Path(path)) else None
        # Composed and decomposed letters look alike; file systems keep either.
        real = listed.get(name) or listed.get(unicodedata.normalize("NFC", name))
        return f"{folder.rstrip(os.sep)}{os.sep}{real}" if real else None

    def _listed(self, folder: str) -> dict[str, str] | None:
        if folder not in self._folders:
            try:
                with os.scandir(folder) as entries:
                    names = [e.name for e in entries if _is_file(e)]
                composed = {unicodedata.normalize("NFC", n): n for n in names}
                self._folders[folder] = {**composed, **{n: n for n in names}}
            except OSError:
                self._folders[folder] = None
        return self._folders[folder]


def _is_file(entry: os.DirEntry[str] | Path) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _relative(path: str, base: Path) -> str:
    """POSIX, relative to a folder where below it, else absolute."""
    prefix = str(base).rstrip(os.sep) + os.sep
    below = path.removeprefix(prefix) if path.startswith(prefix) else path
    return below.replace(os.sep, "/")


# ------------------------------------------------------------------------------------------------ opening


def _from_files(scan: Scan, kind: Kind, base: Path, grammar: Grammar | None) -> Corpus:
    if not scan.files:
        looked = ", ".join(sorted(AUDIO_SUFFIXES))
        why = f" ({scan.problems[0].file}: {scan.problems[0].reason})" if scan.problems else ""
        raise CorpusError(f"{scan.folder}: no audio found{why}; looked for {looked}")
    files = [_relative(str(scan.folder / f), base) for f in scan.files]
    notes, problems = list(scan.notes), list(scan.problems)
    if scan.sidecars:
        sheet = _sidecar_sheet(scan, files)
        conformed = sheet.conform()
        problems += sheet.problems
        count = len(scan.sidecars)
        notes.append(Note(f"segments and speakers from {count} RTTM files", f"片段与说话人来自 {count} 个 RTTM 文件"))
    else:
        conformed = manifests.conform(pd.DataFrame({FILE: files}), np.full(len(files), -1))
    if grammar is None:
        grammar, more = _grammar_of(files)
        notes += more
    mapping = Mapping(kind, None, {k: v for k, v in conformed.columns.items() if v != FILE}, dict(conformed.kept))
    return _assemble(base, conformed, mapping, grammar, notes, problems)


def _sidecar_sheet(scan: Scan, files: Sequence[str]) -> Sheet:
    frames, rows, problems = [], [], list[Problem]()
    for inner, file in zip(scan.files, files, strict=True):
        frame, numbers = pd.DataFrame({FILE: [file]}, dtype=object), np.array([-1], np.int64)
        if inner in scan.sidecars:
            sheet = manifests.read_rttm(scan.sidecars[inner])
            problems += sheet.problems
            if len(sheet.frame):
                frame, numbers = sheet.frame.drop(columns="channel", errors="ignore").assign(**{FILE: file}), sheet.rows
        frames.append(frame)
        rows.append(numbers)
    whole = pd.concat(frames, ignore_index=True)
    return Sheet(Kind.RTTM, scan.folder, whole, np.concatenate(rows), (), tuple(problems))


def _from_manifest(sheet: Sheet, bases: Sequence[Path], grammar: Grammar | None, scan: Scan | None) -> Corpus:
    conformed = sheet.conform()
    notes, problems = list(sheet.notes), list(sheet.problems)
    if scan is not None:  # nothing a folder hides is lost because a manifest was found
        notes = [*scan.notes, *notes]
        problems = [*scan.problems, *problems]
    names = conformed.table[FILE].to_numpy()
    wanted = list(dict.fromkeys(n for n, keep in zip(names, conformed.keep, strict=True) if keep))
    for base in bases:
        places = _places(sheet, wanted, base)
        if any(path for path, _ in places.values()):
            break
    if not any(path for path, _ in places.values()):
        reasons = [why for _, why in places.values()] + [p.reason for p in (*problems, *conformed.problems)]
        raise CorpusError(
            f"{sheet.source}: none of its {len(names)} rows can be used"
            f" ({reasons[0] if reasons else 'it has none'}; looked in {bases[0]});"
            " if paths start elsewhere, give that folder with --root"
        )
    if base != bases[0]:
        notes.append(Note(f"paths are relative to {base}", f"路径相对于 {base}"))
    found = np.array([n is not None and places.get(n, (None, ""))[0] is not None for n in names], bool)
    missing = [
        Problem(names[i], int(sheet.rows[i]), places[names[i]][1]) for i in np.flatnonzero(conformed.keep & ~found)
    ]
    files = np.empty(len(names), object)
    files[found] = [_relative(places[n][0] or "", base) for n in names[found]]
    notes += _place_notes(names[found], files[found], scan)
    table = conformed.table.assign(**{FILE: pd.Series(files, dtype=object)})
    conformed = replace(conformed, table=table, keep=conformed.keep & found, problems=(*conformed.problems, *missing))
    mapping = Mapping(sheet.kind, sheet.source, conformed.columns, dict(conformed.kept))
    if grammar is None and not {"speaker", "emotion_given"} <= set(table.columns):
        grammar = grammars.detect(list(dict.fromkeys(files[conformed.keep])))
    return _assemble(base, conformed, mapping, grammar, notes, problems)


def _places(sheet: Sheet, names: Sequence[str], base: Path) -> dict[str, tuple[str | None, str]]:
    if sheet.kind is not Kind.RTTM:
        disk = _Disk(base)
        return {n: disk.find(n) for n in names}
    stems: dict[str, list[str]] = {}
    for file in scan_folder(base).files:
        stems.setdefault(Path(file).stem, []).append(file)
        stems.setdefault(Path(file).name, []).append(file)
    places: dict[str, tuple[str | None, str]] = {}
    for name in names:
        hits = stems.get(name, [])
        why = f"no audio file has the stem {name!r}" if not hits else f"{len(hits)} audio files have the stem {name!r}"
        places[name] = (str(base / hits[0]), "") if len(hits) == 1 else (None, why)
    return places


def _place_notes(names: np.ndarray, files: np.ndarray, scan: Scan | None) -> list[Note]:
    notes = []
    spelled = {n for n, f in zip(names, files, strict=True) if f != n and unicodedata.normalize("NFC", n) == f}
    spelled |= {n for n, f in zip(names, files, strict=True) if f != n and unicodedata.normalize("NFC", f) == n}
    if spelled:
        notes.append(
            Note(
                f"{len(spelled)} names differ from the disk's only in how accents are composed: matched",
                f"{len(spelled)} 个文件名与磁盘上的仅在重音组合方式上不同：已匹配",
            )
        )
    outside = len({f for f in files if Path(f).is_absolute()})
    if outside:
        notes.append(Note(f"{outside} files lie outside the corpus folder", f"{outside} 个文件位于语料文件夹之外"))
    if scan is not None:
        unnamed = len(set(scan.files) - set(files))
        if unnamed:
            notes.append(
                Note(
                    f"{unnamed} audio files in the folder are not named by the manifest: not used",
                    f"文件夹中有 {unnamed} 个音频文件未被清单提及：不使用",
                )
            )
    return notes


def _grammar_of(files: Sequence[str]) -> tuple[Grammar | None, list[Note]]:
    """A known corpus, or folders named as speakers; a template to pass where that is only likely."""
    found = grammars.detect(files)
    if found is not None:
        return found, []
    folders = grammars.one_level(files)
    if not folders:
        return None, []
    if grammars.are_speakers(folders):
        return grammars.template(grammars.FOLDER_TEMPLATE), []
    names = _few(sorted(folders))
    return None, [
        Note(
            f"files lie in {len(folders)} folders ({names}); if each is a speaker, give --template"
            f" '{grammars.FOLDER_TEMPLATE}'; if each is an emotion, '{{emotion}}/{{file}}'",
            f"文件位于 {len(folders)} 个文件夹（{names}）；若每个文件夹是一位说话人，请用 --template"
            f" '{grammars.FOLDER_TEMPLATE}'；若是情感，请用 '{{emotion}}/{{file}}'",
        )
    ]


def _assemble(
    base: Path,
    conformed: manifests.Conformed,
    mapping: Mapping,
    grammar: Grammar | None,
    notes: list[Note],
    problems: list[Problem],
) -> Corpus:
    """Names read by the grammar, duplicates out, rows in order, columns as promised."""
    table, rows = conformed.table[conformed.keep].reset_index(drop=True), conformed.rows[conformed.keep]
    notes += conformed.notes
    problems += conformed.problems
    labels = dict(conformed.labels)
    if grammar is not None:
        table, rows, given, more_notes, more_problems = _with_grammar(table, rows, grammar)
        notes += more_notes
        problems += more_problems
        labels = {**given.labels, **labels}
        kept = {**mapping.kept, **{k: v for k, v in given.kept.items() if v in table.columns}}
        added = tuple(c for c in given.table.columns if c not in conformed.table.columns)
        mapping = replace(mapping, grammar=grammar.name, grammar_columns=added, kept=kept)
    table, again = _without_duplicates(_completed(table), rows)
    table = table.sort_values(list(_PLACE[:1] + _PLACE[3:] + _PLACE[1:3]), na_position="first", kind="stable")
    table = table.reset_index(drop=True)
    overlaps = _overlaps(table)
    if overlaps:
        notes.append(
            Note(f"{overlaps} segments overlap an earlier one: kept", f"{overlaps} 个片段与前一片段重叠：保留")
        )
    mapping = replace(mapping, labels=labels, notes=tuple(notes))
    return Corpus(base, table, mapping, tuple(problems + again))


def _with_grammar(
    table: pd.DataFrame, rows: np.ndarray, grammar: Grammar
) -> tuple[pd.DataFrame, np.ndarray, manifests.Conformed, list[Note], list[Problem]]:
    """The table with the columns that file names give and no manifest does."""
    files = table[FILE].to_numpy()
    read = {file: grammar.fields(file) for file in dict.fromkeys(files)}
    unread = [file for file, fields in read.items() if fields is None]
    if len(unread) == len(read):
        raise CorpusError(f"template {grammar.name!r} matches none of {len(read)} files; the first is {unread[0]!r}")
    names = list(dict.fromkeys(k for fields in read.values() for k in fields or {}))
    frame = pd.DataFrame({n: _texts((read[f] or {}).get(n) for f in files) for n in names}, index=range(len(files)))
    given = manifests.conform(frame, np.full(len(files), -1), files)
    new = [c for c in given.table.columns if c not in table.columns]
    table = pd.concat([table, given.table[new]], axis=1)[given.keep].reset_index(drop=True)
    notes = list(given.notes)
    if unread:
        example = _printable(unread[0])
        notes.append(
            Note(
                f"{len(unread)} of {len(read)} file names do not follow {grammar.name} (e.g. {example}): nothing read",
                f"{len(read)} 个文件名中有 {len(unread)} 个不符合 {grammar.name}（如 {example}）：未从中读取信息",
            )
        )
    return table, rows[given.keep], given, notes, list(given.problems)


def _texts(values: Iterable[str | None]) -> pd.Series:
    return pd.Series(list(values), dtype=object)


def _completed(table: pd.DataFrame) -> pd.DataFrame:
    """All known columns, then the corpus's own."""
    count = len(table)
    columns: dict[str, Any] = {}
    for name in KNOWN_COLUMNS:
        if name in table.columns:
            columns[name] = table[name].astype(object) if name in (FILE, *TEXT_COLUMNS) else table[name]
        elif name == "recorded_at":
            columns[name] = pd.Series(pd.NaT, index=range(count), dtype="datetime64[us, UTC]")
        elif name in TEXT_COLUMNS:
            columns[name] = pd.Series([None] * count, dtype=object)
        else:
            columns[name] = pd.Series(np.full(count, np.nan))
    own = {str(c): table[c] for c in table.columns if c not in KNOWN_COLUMNS}
    return pd.DataFrame({**columns, **own}, index=range(count))


def _without_duplicates(table: pd.DataFrame, rows: np.ndarray) -> tuple[pd.DataFrame, list[Problem]]:
    again = table.duplicated(list(_PLACE)).to_numpy()
    if not again.any():
        return table, []
    first: dict[tuple[Any, ...], int] = {}
    problems = []
    keys = list(zip(*(_plain_values(table[c]) for c in _PLACE), strict=True))
    for key, row, repeated in zip(keys, rows, again, strict=True):
        if not repeated:
            first[key] = int(row)
            continue
        problems.append(
            Problem(str(key[0]), int(row), f"the same file, segment and channel as row {first[key]}: left out")
        )
    return table[~again].reset_index(drop=True), problems


def _overlaps(table: pd.DataFrame) -> int:
    """How many segments begin before an earlier one of their file and channel has ended; the table is sorted."""
    spans = table[table["start_s"].notna()]
    if spans.empty:
        return 0
    ends = spans["end_s"].fillna(TO_END_S)
    groups = [spans[FILE], spans["channel"].fillna("")]
    before = ends.groupby(groups).cummax().groupby(groups).shift()
    return int((spans["start_s"] < before).sum())


def metadata_of(recording: Recording, segment: Segment | None) -> dict[str, Any]:
    """What the corpus says about a segment of a recording.

    The row whose given segment overlaps it by more than half of its length (the largest overlap, then the
    shortest row); else the rows about the whole file; else what all rows agree on. Missing values are None.

    Args:
        recording: a recording of a corpus.
        segment: a span of it; None: the whole recording.
    """
    records = recording._records
    if not records:
        return {}
    whole = np.isnan(recording.rows["start_s"].to_numpy())
    if segment is not None and not whole.all():
        spoken = np.flatnonzero(~whole)
        overlaps = [segment.overlap_s(given) for given in recording.given]
        best = min(range(len(spoken)), key=lambda i: (-overlaps[i], recording.given[i].duration_s))
        if overlaps[best] > segment.duration_s / 2:
            return dict(records[spoken[best]])
    said = [records[i] for i in np.flatnonzero(whole)] or records
    return {k: v if all(r[k] == v for r in said[1:]) else None for k, v in said[0].items()}


def _plain_records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The metadata of every row as plain Python values."""
    columns = [str(c) for c in rows.columns if c not in ("start_s", "end_s")]
    plain = [_plain_values(rows[c]) for c in columns]
    return [dict(zip(columns, values, strict=True)) for values in zip(*plain, strict=True)]


def _plain_values(column: pd.Series) -> list[Any]:
    """A column as plain Python values, None where missing."""
    missing = column.isna().to_numpy()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return [None if m else v.to_pydatetime() for v, m in zip(column, missing, strict=True)]
    return [None if m else v for v, m in zip(column.tolist(), missing, strict=True)]


# ------------------------------------------------------------------------------------------ in plain words

_NAMES = {
    FILE: ("file", "文件"),
    "start_s": ("start", "开始"),
    "end_s": ("end", "结束"),
    "channel": ("channel", "声道"),
    "speaker": ("speaker", "说话人"),
    "session": ("session", "会话"),
    "recorded_at": ("recorded at", "录制时间"),
    "role": ("role", "角色"),
    "language": ("language", "语言"),
    "emotion_given": ("given emotion", "给定情感"),
    "text": ("text", "文本"),
}
_KINDS_ZH = {Kind.AUDIO: "音频文件", Kind.FOLDER: "文件夹", Kind.JSONL: "JSON 行"}
_MOST_PROBLEMS = 5
_MOST_LABELS = 20


def _description(corpus: Corpus, language: Language) -> Iterable[str]:
    zh = language is Language.ZH
    mapping, table = corpus.mapping, corpus.table
    kind = _KINDS_ZH.get(mapping.kind, str(mapping.kind)) if zh else str(mapping.kind)
    source = _printable(str(mapping.source or corpus.root))
    yield f"语料：{source}（{kind}）" if zh else f"Corpus: {source} ({kind})"
    yield _counts(table, zh)
    yield from _origins(mapping, table, zh)
    yield from _labels(mapping, table, zh)
    own = [c for c in table.columns if c not in KNOWN_COLUMNS]
    if own:
        names = ", ".join(map(_printable, own))
        yield f"保留的其他列：{names}" if zh else f"Other columns, kept: {names}"
    for note in mapping.notes:
        yield f"- {note.text(language)}"
    if corpus.problems:
        count = len(corpus.problems)
        more = count > _MOST_PROBLEMS
        if zh:
            yield f"{count} 个问题" + (f"（前 {_MOST_PROBLEMS} 个）：" if more else "：")
        else:
            yield f"{count} problem{'s' * (count > 1)}" + (f" (the first {_MOST_PROBLEMS}):" if more else ":")
    for problem in corpus.problems[:_MOST_PROBLEMS]:
        row = "" if problem.row is None else (f"，第 {problem.row} 行" if zh else f", row {problem.row}")
        yield f"- {_printable(problem.file)}{row}: {_printable(problem.reason)}"


def _counts(table: pd.DataFrame, zh: bool) -> str:
    files, rows = table[FILE].nunique(), len(table)
    speakers, sessions = (
        table["speaker"].nunique(),
        len(table[["speaker", "session"]][table["session"].notna()].drop_duplicates()),
    )
    cut = int(table["start_s"].notna().sum())
    if zh:
        return f"{files} 个文件，{rows} 行（{cut} 行为给定片段），{speakers} 位说话人，{sessions} 次会话"
    return f"{files} files, {rows} rows ({cut} of them given segments), {speakers} speakers, {sessions} sessions"


def _origins(mapping: Mapping, table: pd.DataFrame, zh: bool) -> Iterable[str]:
    """One line a known column: where it came from, with an example."""
    origin: dict[str, list[str]] = {}
    for column, known in mapping.columns.items():
        origin.setdefault(known, []).append(_printable(column))
    for known in KNOWN_COLUMNS:
        if known in origin:
            place = f"列 {' + '.join(origin[known])}" if zh else f"column {' + '.join(origin[known])}"
        elif known in mapping.grammar_columns:
            place = f"文件名（{mapping.grammar}）" if zh else f"file names ({mapping.grammar})"
        else:
            continue
        values = table[known].dropna()
        example = "" if values.empty else _printable(str(values.iloc[0]))
        name = _NAMES[known][zh]
        yield f"  {name}：{place}，例如 {example}" if zh else f"  {name}: {place}, e.g. {example}"


def _labels(mapping: Mapping, table: pd.DataFrame, zh: bool) -> Iterable[str]:
    counts = Counter(table["emotion_given"].dropna())
    if not counts:
        return
    spellings: dict[str, list[str]] = {}
    for given, kept in mapping.labels.items():
        if given != kept:
            spellings.setdefault(kept, []).append(_printable(given))
    words = []
    for label, count in counts.most_common(_MOST_LABELS):
        said = ", ".join(spellings.get(label, ()))
        remark = f"原为 {said}" if zh else f"from {said}"
        if label not in EMOTION_IDS:
            remark = "九类之外，保留原样" if zh else "none of the nine, kept as it is"
        words.append(f"{_printable(label)} {count}" + (f" ({remark})" if said or label not in EMOTION_IDS else ""))
    rest = len(counts) - len(words)
    if rest > 0:
        words.append(f"另有 {rest} 种" if zh else f"and {rest} more")
    yield ("情感标签：" if zh else "Labels: ") + ", ".join(words)


def _few(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(map(_printable, names[:most])) + (", ..." if len(names) > most else "")


def _printable(text: str) -> str:
    """Line breaks, control characters and broken Unicode as escapes, so that a line stays a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
