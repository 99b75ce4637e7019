"""Any supported sound file to float32 waveforms at 16 kHz: libsndfile first, FFmpeg (PyAV) for the rest."""

from __future__ import annotations

import os
import stat
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import numpy as np

from emoanalytics.audio.decode.builder import WaveformBuilder
from emoanalytics.audio.decode.sources import DamagedError, Reader, Source, ffmpeg_reader, soundfile_reader
from emoanalytics.audio.decode.spool import RATE_HZ
from emoanalytics.audio.decode.waveform import Waveform
from emoanalytics.errors import AudioError

_TOLERATED_S = 0.1  # codecs pad by up to this; beyond it a header's length is worth a note


class ChannelPolicy(StrEnum):
    """Which channels of a recording become waveforms.

    A file with one channel gives one waveform named ``mix`` under every policy.
    """

    MIX = "mix"  # one waveform: the mean over the channels
    LEFT = "left"  # the first channel
    RIGHT = "right"  # the second channel
    EACH = "each"  # one waveform a channel: left, right, ch3, ch4, ...


def probe(path: Path) -> Source:
    """What the header of a sound file says.

    Raises:
        AudioError: the file cannot be read as audio; one line says why.
    """
    with _opened(path) as readers:
        for reader in readers:
            return reader.source
    raise _empty(path)


def decode(
    path: Path,
    policy: ChannelPolicy = ChannelPolicy.MIX,
    *,
    spool_over_s: float = 600.0,
    spool_dir: Path | None = None,
) -> list[Waveform]:
    """Decode a file, block by block: memory does not grow with its length.

    Samples that are not finite become 0 and are counted, see `Waveform.non_finite_share`. A file that was
    cut off or is damaged gives what can be decoded, and says so in `Waveform.damage`.

    Args:
        path: a sound file or a video with sound, of any rate, channel count and sample width.
        policy: which channels to return.
        spool_over_s: seconds of sound, over all returned channels, kept in memory; longer recordings
            move to temporary files, see `Waveform`.
        spool_dir: an existing folder for them; the system's folder for temporary files when None.

    Returns:
        One waveform a channel under ``EACH``, else one. Close them, or use ``with``.

    Raises:
        AudioError: missing, empty, not audio, without sound, not permitted, nothing finite in it,
            no room to spool; one line that names the file.
    """
    with _opened(path) as readers:
        damage: list[str] = []
        for reader in readers:
            try:
                reader.damage.extend(damage)
                waveforms = _decoded(_shown(path), reader, policy, spool_over_s, spool_dir)
            except DamagedError as error:
                damage.append(f"it is damaged ({error})")
                continue  # FFmpeg passes over damage that stops libsndfile
            if waveforms:
                return waveforms
    raise _empty(path)


def _decoded(
    name: str, reader: Reader, policy: ChannelPolicy, spool_over_s: float, spool_dir: Path | None
) -> list[Waveform]:
    source = reader.source
    chosen = _channels(source.channels, policy)
    with ExitStack() as undo:
        builders = []
        for channel in chosen:
            builder = WaveformBuilder(
                name,
                channel,
                source.rate_hz,
                full_scale=reader.full_scale,
                spool_over_s=spool_over_s / len(chosen),
                spool_dir=spool_dir,
                expected_s=(source.header_s or 0.0) * len(chosen),
            )
            undo.callback(builder.discard)
            builders.append(builder)
        for block in reader.blocks():
            for builder, columns in zip(builders, chosen.values(), strict=True):
                builder.feed(block[:, columns])
        if not builders[0].n_native:
            return []
        if not any(builder.has_finite for builder in builders):
            raise AudioError(f"{name}: none of its samples is a finite number; record or export it again")
        notes, damage = _oddities(reader, builders[0].n_native / source.rate_hz)
        waveforms = [builder.finish(notes, damage) for builder in builders]
        undo.pop_all()
        return waveforms


def _channels(count: int, policy: ChannelPolicy) -> dict[str, slice]:
    """Name and columns of the waveforms to make."""
    if policy not in set(ChannelPolicy):
        raise AudioError(f"there is no channel policy {policy!r}: choose one of {', '.join(ChannelPolicy)}")
    if count == 1 or policy == ChannelPolicy.MIX:
        return {"mix": slice(None)}
    each = {name: slice(i, i + 1) for i, name in enumerate(["left", "right", *(f"ch{n}" for n in range(3, count + 1))])}
    return each if policy == ChannelPolicy.EACH else {str(policy): each[policy]}


def _oddities(reader: Reader, decoded_s: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is worth knowing about a file, and what of it is lost."""
    source = reader.source
    notes, damage = [], list(reader.damage)
    if source.tracks > 1:
        notes.append(f"of {source.tracks} sound tracks the first was read")
    if source.header_s is not None and abs(source.header_s - decoded_s) > _TOLERATED_S:
        mismatch = f"the header says {source.header_s:.1f} s, {decoded_s:.1f} s were decoded"
        lost = source.header_s > decoded_s and not source.header_is_guess
        (damage if lost else notes).insert(0, mismatch)
    return tuple(notes), tuple(damage)


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[Reader]]:
    """The readers to try, best first; each is open until the next one is asked for."""
    name = _shown(path)
    with ExitStack() as stack:
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # before opening: a pipe would wait for a writer
                kind = "a folder" if path.is_dir() else "not a regular file"
                raise AudioError(f"{name}: it is {kind}; give a sound file")
            file = stack.enter_context(path.open("rb", buffering=0))
        except FileNotFoundError:
            raise AudioError(f"{name}: there is no such file; check the path") from None
        except PermissionError:
            raise AudioError(f"{name}: no permission to read it; change its permissions or the user") from None
        except (OSError, ValueError) as error:  # ValueError: a null character in the path
            cause = getattr(error, "strerror", None) or error
            raise AudioError(f"{name}: it cannot be opened: {cause}; check the path") from None
        if not os.fstat(file.fileno()).st_size:
            raise AudioError(f"{name}: the file is empty (0 bytes); copy or record it again")
        yield stack.enter_context(_closing(_readers(path, name, file)))


@contextmanager
def _closing(readers: Iterator[Reader]) -> Iterator[Iterator[Reader]]:
    try:
        yield readers
    finally:
        readers.close()  # type: ignore[attr-defined]


def _readers(path: Path, name: str, file: BinaryIO) -> Iterator[Reader]:
    with soundfile_reader(path, file) as reader:
        if reader is not None:
            yield reader
    with ffmpeg_reader(path, name) as reader:
        yield reader


def _empty(path: Path) -> AudioError:
    return AudioError(f"{_shown(path)}: it holds no audio; record or export it again")


def _shown(path: Path) -> str:
    """The path as given, on one line and printable whatever the name holds."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in str(path))


def write_wav(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> None:
    """Write samples as a 16-bit WAV; what `decode` reads back differs by at most half a step of 2**-15.

    Args:
        path: the file, replaced if it exists.
        samples: ``(n,)`` or ``(n, channels)`` floats; beyond full scale they are clipped.
        rate_hz: their rate.

    Raises:
        AudioError: samples of another shape or not finite, or the file cannot be written.
    """
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2) or samples.dtype.kind != "f" or not np.isfinite(samples).all():
        raise AudioError(f"{_shown(path)}: only finite floats of shape (n,) or (n, channels) can be written")
    pcm = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2")
    try:
        with path.open("wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            out.setsampwidth(2)
            out.setframerate(rate_hz)
            out.writeframes(pcm.tobytes())
    except OSError as error:
        raise AudioError(f"{_shown(path)}: it cannot be written: {error.strerror}") from None
