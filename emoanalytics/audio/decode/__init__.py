"""Any supported sound file to float32 waveforms at 16 kHz.

    sources -> files  } builder (tally, spool) -> waveform
               arrays }

`sources` opens a file with libsndfile or FFmpeg, `files` chooses the reader and the channels, `builder` takes
their native samples block by block, and `Waveform` is what the rest of the library reads.
"""

from emoanalytics.audio.decode.arrays import from_samples
from emoanalytics.audio.decode.files import ChannelPolicy, decode, probe, write_wav
from emoanalytics.audio.decode.sources import AUDIO_SUFFIXES, Source
from emoanalytics.audio.decode.spool import RATE_HZ
from emoanalytics.audio.decode.waveform import Waveform

__all__ = [
    "AUDIO_SUFFIXES",
    "RATE_HZ",
    "ChannelPolicy",
    "Source",
    "Waveform",
    "decode",
    "from_samples",
    "probe",
    "write_wav",
]
