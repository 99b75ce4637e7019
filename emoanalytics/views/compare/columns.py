"""What a column is called in a sentence, and how its values are said. A column of the user's is called as it is."""

from __future__ import annotations

from datetime import UTC, datetime

_NAMES = {
    "speaker": ("speaker", "说话人"),
    "session": ("session", "会话"),
    "role": ("role", "角色"),
    "language": ("language", "语言"),
    "channel": ("channel", "声道"),
    "recorded_at": ("date of recording", "录制日期"),
    "emotion_given": ("label given", "给定标签"),
    "source_rate_hz": ("sampling rate", "采样率"),
    "duration_s": ("length", "时长"),
    "silence_share": ("share of silence", "静音比例"),
    "clipped_share": ("share of clipping", "削波比例"),
    "level_dbfs": ("level", "音量"),
    "snr_db": ("signal to noise", "信噪比"),
    "bandwidth_hz": ("bandwidth", "带宽"),
}
_UNITS = {"duration_s": "s", "level_dbfs": "dBFS", "snr_db": "dB", "bandwidth_hz": "Hz", "source_rate_hz": "Hz"}
_SHARES = ("silence_share", "clipped_share")


def column_name(column: str, zh: bool) -> str:
    """What it is called.

    >>> column_name("bandwidth_hz", zh=False), column_name("desk", zh=True)
    ('bandwidth', ' desk ')
    """
    name = _NAMES[column][zh] if column in _NAMES else column
    return f" {name} " if zh and name.isascii() else name  # Latin letters stand apart in a Chinese sentence


def number_said(column: str, value: float, zh: bool) -> str:
    """A value with its unit; of ``recorded_at`` (seconds since 1970) the day.

    >>> number_said("bandwidth_hz", 7543.75, zh=False), number_said("silence_share", 0.1217, zh=False)
    ('7,544 Hz', '12 %')
    >>> number_said("recorded_at", 0.0, zh=False), number_said("age", 31.25, zh=False)
    ('1970-01-01', '31.2')
    """
    if column == "recorded_at":
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
    if column in _SHARES:
        return share_said(value, zh)
    said = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{said} {_UNITS[column]}" if column in _UNITS else said


def share_said(value: float, zh: bool) -> str:
    """``96 %``; never 100 when it is not, never 0 when it is not.

    >>> share_said(0.999, zh=False), share_said(0.0, zh=True)
    ('99 %', '0%')
    """
    percent = round(value * 100)
    if percent == 100 and value < 1:
        percent = 99
    elif percent == 0 and value > 0:
        percent = 1
    return f"{percent}%" if zh else f"{percent} %"
