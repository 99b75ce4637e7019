"""Opening a corpus: a folder, a manifest or one audio file, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from emoanalytics.audio.corpus import grammars
from emoanalytics.audio.corpus.assembly import assemble
from emoanalytics.audio.corpus.columns import FILE, conform, file_column
from emoanalytics.audio.corpus.folders import METADATA_NAMES, STORE_FILE, Scan, find_sidecars, scan_folder
from emoanalytics.audio.corpus.grammars import Grammar
from emoanalytics.audio.corpus.manifests import TABLE_SUFFIXES, Sheet, audformat_tables, read_manifest, read_rttm
from emoanalytics.audio.corpus.mapping import Kind, Mapping, Problem, few
from emoanalytics.audio.corpus.places import Disk, find_files, place_notes, relative
from emoanalytics.audio.corpus.recordings import Corpus
from emoanalytics.audio.corpus.values import as_text
from emoanalytics.audio.decode import AUDIO_SUFFIXES
from emoanalytics.errors import CorpusError
from emoanalytics.notes import Note


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
            (see `emoanalytics.audio.corpus.grammars`). Columns of a manifest win over it.
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
    if place.is_dir() and (place / STORE_FILE).is_file():
        raise CorpusError(f"{place} is a store, not a corpus: give the folder of the audio")
    scan: Scan | None = None
    sheet: Sheet | None = None
    if place.is_dir():
        scan = scan_folder(place)
        if manifest is None:
            sheet, notes = find_manifest(place, scan)
            scan = replace(scan, notes=(*scan.notes, *notes))
    elif manifest is None and place.suffix.lower() in AUDIO_SUFFIXES:
        scan = Scan(place.parent, (place.name,), find_sidecars(place.parent, [place.name]))
    elif manifest is None:
        manifest = place
    if manifest is not None:
        source = _absolute(manifest)
        if not source.is_file():
            raise CorpusError(f"{source}: no such manifest")
        sheet = read_manifest(source)
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


def find_manifest(folder: Path, scan: Scan) -> tuple[Sheet | None, list[Note]]:
    """The manifest at the top of a folder, if there is one, and why other tables are not it.

    Raises:
        CorpusError: several files could be it.
    """
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    special = [folder / n for n in names if n == "wav.scp" or n.lower() in METADATA_NAMES]
    special += [folder / n for n in names if n.endswith((".yaml", ".yml")) and audformat_tables(folder / n)]
    notes: list[Note] = []
    sheets: list[Sheet] = []
    beside = set(scan.sidecars.values())
    for path in (folder / n for n in names if not special and Path(n).suffix.lower() in TABLE_SUFFIXES):
        if path in beside:
            continue
        try:
            sheet = read_manifest(path)
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
        return read_manifest(special[0]), notes
    return (sheets[0] if sheets else None), notes


def _names_files(sheet: Sheet, folder: Path) -> bool:
    """Whether a table names at least one file that is there."""
    if sheet.kind is Kind.RTTM:
        return True
    names = sheet.frame[file_column(map(str, sheet.frame.columns))]
    disk = Disk(folder)
    return any(disk.find(n)[0] is not None for n in as_text(names.head(200), strip=False) if n)


def _from_files(scan: Scan, kind: Kind, base: Path, grammar: Grammar | None) -> Corpus:
    if not scan.files:
        looked = ", ".join(sorted(AUDIO_SUFFIXES))
        why = f" ({scan.problems[0].file}: {scan.problems[0].reason})" if scan.problems else ""
        raise CorpusError(f"{scan.folder}: no audio found{why}; looked for {looked}")
    files = [relative(str(scan.folder / f), base) for f in scan.files]
    notes, problems = list(scan.notes), list(scan.problems)
    if scan.sidecars:
        sheet = _sidecar_sheet(scan, files)
        conformed = sheet.conform()
        problems += sheet.problems
        count = len(scan.sidecars)
        notes.append(Note(f"segments and speakers from {count} RTTM files", f"片段与说话人来自 {count} 个 RTTM 文件"))
    else:
        conformed = conform(pd.DataFrame({FILE: files}), np.full(len(files), -1))
    if grammar is None:
        grammar, more = _grammar_of(files)
        notes += more
    mapping = Mapping(kind, None, {k: v for k, v in conformed.columns.items() if v != FILE}, dict(conformed.kept))
    return assemble(base, conformed, mapping, grammar, notes, problems)


def _sidecar_sheet(scan: Scan, files: Sequence[str]) -> Sheet:
    frames, rows, problems = [], [], list[Problem]()
    for inner, file in zip(scan.files, files, strict=True):
        frame, numbers = pd.DataFrame({FILE: [file]}, dtype=object), np.array([-1], np.int64)
        if inner in scan.sidecars:
            sheet = read_rttm(scan.sidecars[inner])
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
        places = find_files(sheet, wanted, base)
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
    files[found] = [relative(places[n][0] or "", base) for n in names[found]]
    notes += place_notes(names[found], files[found], scan)
    table = conformed.table.assign(**{FILE: pd.Series(files, dtype=object)})
    conformed = replace(conformed, table=table, keep=conformed.keep & found, problems=(*conformed.problems, *missing))
    mapping = Mapping(sheet.kind, sheet.source, conformed.columns, dict(conformed.kept))
    if grammar is None and not {"speaker", "emotion_given"} <= set(table.columns):
        grammar = grammars.detect(list(dict.fromkeys(files[conformed.keep])))
    return assemble(base, conformed, mapping, grammar, notes, problems)


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
    names = few(sorted(folders))
    return None, [
        Note(
            f"files lie in {len(folders)} folders ({names}); if each is a speaker, give --template"
            f" '{grammars.FOLDER_TEMPLATE}'; if each is an emotion, '{{emotion}}/{{file}}'",
            f"文件位于 {len(folders)} 个文件夹（{names}）；若每个文件夹是一位说话人，请用 --template"
            f" '{grammars.FOLDER_TEMPLATE}'；若是情感，请用 '{{emotion}}/{{file}}'",
        )
    ]
