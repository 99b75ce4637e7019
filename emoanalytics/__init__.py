"""The workbench for speech emotion embeddings.

    audio/ -> embed/ -> store/ -> views/ -> (command line, app, notebooks)

Importing this package is light: encoders and figures load their packages when they are used.
"""

from emoanalytics.analyze import ClipResult, Granularity, analyze, write_result
from emoanalytics.audio.corpus import Corpus, open_corpus
from emoanalytics.audio.decode import ChannelPolicy, write_wav
from emoanalytics.audio.quality import Flag, Quality
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.audio.quality import reason as flag_reason
from emoanalytics.audio.segments import CutMode, CutPolicy, Segment
from emoanalytics.audio.tracks import Failure
from emoanalytics.build import BuildReport, BuildSettings, build
from emoanalytics.demo import build_demo
from emoanalytics.embed.encoder import Encoder, EncoderCard
from emoanalytics.embed.heads import FitReport, Head
from emoanalytics.embed.registry import load_encoder
from emoanalytics.errors import EmoAnalyticsError
from emoanalytics.labels import EMOTIONS, Emotion, Language
from emoanalytics.listen import excerpt
from emoanalytics.scoring import head_of
from emoanalytics.settings import QualitySettings
from emoanalytics.store.store import EmotionStore
from emoanalytics.train import train_head
from emoanalytics.views import figures
from emoanalytics.views.overview import Overview, overview

__all__ = [
    "EMOTIONS",
    "BuildReport",
    "BuildSettings",
    "ChannelPolicy",
    "ClipResult",
    "Corpus",
    "CutMode",
    "CutPolicy",
    "EmoAnalyticsError",
    "Emotion",
    "EmotionStore",
    "Encoder",
    "EncoderCard",
    "Failure",
    "FitReport",
    "Flag",
    "Granularity",
    "Head",
    "Language",
    "Overview",
    "Quality",
    "QualitySettings",
    "Segment",
    "analyze",
    "build",
    "build_demo",
    "excerpt",
    "figures",
    "flag_name",
    "flag_reason",
    "head_of",
    "load_encoder",
    "open_corpus",
    "overview",
    "train_head",
    "write_result",
    "write_wav",
]
