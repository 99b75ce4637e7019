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
from emoanalytics.demo import build_demo, demo_folder
from emoanalytics.embed.encoder import Encoder, EncoderCard
from emoanalytics.embed.heads import FitReport, Head
from emoanalytics.embed.registry import load_encoder
from emoanalytics.errors import EmoAnalyticsError
from emoanalytics.labels import EMOTIONS, Emotion, Language
from emoanalytics.listening.excerpt import excerpt
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.scoring import head_of
from emoanalytics.settings import QualitySettings
from emoanalytics.store.store import EmotionStore
from emoanalytics.train import train_head
from emoanalytics.views import figures
from emoanalytics.views.figures.marks import mark_clips
from emoanalytics.views.leak import Leak, leak_meter
from emoanalytics.views.maps import Map, MapMethod, Paint, draw_map, paint
from emoanalytics.views.overview import Overview, overview
from emoanalytics.views.search import Catalogue, Contrast, Exclude, Hit, Query, SearchResult, search
from emoanalytics.views.search import Clip as QueryClip

__all__ = [
    "EMOTIONS",
    "BuildReport",
    "BuildSettings",
    "Catalogue",
    "ChannelPolicy",
    "ClipResult",
    "Contrast",
    "Corpus",
    "CutMode",
    "CutPolicy",
    "EmoAnalyticsError",
    "Emotion",
    "EmotionStore",
    "Encoder",
    "EncoderCard",
    "Exclude",
    "Failure",
    "FitReport",
    "Flag",
    "Geometry",
    "Granularity",
    "Head",
    "Hit",
    "Language",
    "Leak",
    "Map",
    "MapMethod",
    "Overview",
    "Paint",
    "Quality",
    "QualitySettings",
    "Query",
    "QueryClip",
    "SearchResult",
    "Segment",
    "Space",
    "analyze",
    "build",
    "build_demo",
    "demo_folder",
    "draw_map",
    "excerpt",
    "figures",
    "flag_name",
    "flag_reason",
    "head_of",
    "leak_meter",
    "load_encoder",
    "mark_clips",
    "open_corpus",
    "overview",
    "paint",
    "search",
    "train_head",
    "write_result",
    "write_wav",
]
