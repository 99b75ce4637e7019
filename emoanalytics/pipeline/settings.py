"""How a build is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from emoanalytics.audio.decode import ChannelPolicy
from emoanalytics.audio.segments import CutPolicy
from emoanalytics.rows import check_frame_rate
from emoanalytics.settings import QualitySettings


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
        frames: also store per-frame logits (encoders with a head only); no second pass is made for them.
        frame_rate_hz: how many rows of frame logits a second of audio gives, 50 being every frame; fewer are
            means over neighbouring frames.
        workers: processes that decode and measure; None: one a core, or one for every four cores when
            the encoder runs in this process and needs them itself. 0 does all in this process.
        budget_s: audio seconds in one batch through the encoder.
        verify: decode files again even when size and time say they have not changed.

    Raises:
        EncoderError: there is no such frame rate.
    """

    channels: ChannelPolicy = ChannelPolicy.MIX
    roles: Mapping[str, str] = field(default_factory=dict)
    cut: CutPolicy | None = None
    quality: QualitySettings = field(default_factory=QualitySettings)
    frames: bool = False
    frame_rate_hz: int = 50
    workers: int | None = None
    budget_s: float = 60.0
    verify: bool = False

    def __post_init__(self) -> None:
        check_frame_rate(self.frame_rate_hz)
