"""One clip's result."""

from __future__ import annotations

import click

from emoanalytics.analyze import ClipResult
from emoanalytics.audio.quality import reason
from emoanalytics.embed.heads.head import score_word
from emoanalytics.labels import BY_ID
from emoanalytics.settings import QualitySettings
from emoanalytics.terminal.lines import nine_bars, one_line


def show_clip(result: ClipResult, settings: QualitySettings, *, err: bool = False) -> None:
    """One clip's result, in a few lines."""
    lines = [f"{one_line(result.file)} ({result.channel}, {result.duration_s:.2f} s)"]
    if result.emotion is None:
        lines.append(
            f"  no emotion scores: the encoder {result.encoder.name} has no head of its own "
            "(--head STORE takes the one trained on a store's labels)"
        )
    else:
        known = BY_ID.get(result.emotion)
        label = f"{known.emoji} {known.id} / {known.zh}" if known else one_line(result.emotion)
        called = score_word(result.calibrated)
        lines.append(f"  {label}, {called} {result.score:.1%}{'' if result.calibrated else ' (not calibrated)'}")
        lines.append(nine_bars(result.scores))
    lines += [
        f"  ! {reason(flag, result.quality, settings, 'en')} / {reason(flag, result.quality, settings, 'zh')}"
        for flag in result.flags
    ]
    click.echo("\n".join(lines), err=err)
