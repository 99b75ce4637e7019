"""The workbench for speech emotion embeddings.

    audio/ -> embed/ -> store/ -> (neighbours/, statistics/) -> views/ -> (command line, app, notebooks, export/)

Importing this package is light: encoders and figures load their packages when they are used.
"""

from emoanalytics.analyze import ClipResult, Curve, Granularity, analyze, own_scores, stored_clip, write_result
from emoanalytics.audio.corpus import Corpus, open_corpus
from emoanalytics.audio.decode import ChannelPolicy, write_wav
from emoanalytics.audio.quality import Flag, Quality
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.audio.quality import reason as flag_reason
from emoanalytics.audio.segments import CutMode, CutPolicy, Segment
from emoanalytics.audio.tracks import Failure
from emoanalytics.audit import Audit, audit
from emoanalytics.background import (
    BuildOrder,
    BuildProgress,
    BuildRun,
    BuildRuns,
    Preview,
    mark_dropped,
    preview,
    unfinished,
)
from emoanalytics.background import Stage as BuildStage
from emoanalytics.build import BuildReport, BuildSettings, build
from emoanalytics.demo import build_demo, demo_folder, is_demo
from emoanalytics.embed.encoder import Encoded, Encoder, EncoderCard
from emoanalytics.embed.heads import FitReport, Head
from emoanalytics.embed.heads.head import score_word
from emoanalytics.embed.models import list_models
from emoanalytics.embed.registry import load_encoder
from emoanalytics.errors import EmoAnalyticsError
from emoanalytics.export import Exported, export
from emoanalytics.export import Format as ExportFormat
from emoanalytics.labels import EMOTIONS, Emotion, Language
from emoanalytics.listening.excerpt import excerpt
from emoanalytics.listening.fragile import Fragility, fragile, keep_fragility, kept_fragility
from emoanalytics.listening.hearing import hear
from emoanalytics.listening.montage import Montage, montage
from emoanalytics.listening.same_audio import Checked
from emoanalytics.listening.same_audio import check as check_copies
from emoanalytics.neighbours.background import IndexBuild
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.report import Report, report
from emoanalytics.review import Reason, ToReview, Why, review_queue, reviewed
from emoanalytics.scoring import head_of
from emoanalytics.settings import QualitySettings
from emoanalytics.spreadsheets import harmless
from emoanalytics.statistics.evidence import Weighing, in_role
from emoanalytics.store.bookmarks import Bookmark, Bookmarks
from emoanalytics.store.decisions import Decision, Decisions
from emoanalytics.store.heads import StoredHead, stored_heads, use_head
from emoanalytics.store.selections import Selections
from emoanalytics.store.store import EmotionStore
from emoanalytics.store.tags import Tags
from emoanalytics.train import train_head
from emoanalytics.views import figures
from emoanalytics.views.alerts import Alarm, Alerts, Rule, alerts, parse_rule
from emoanalytics.views.alerts import Kind as RuleKind
from emoanalytics.views.audit import Duplicate, Duplicates, Hubs, Outliers, duplicates, flagged, hubs, outliers
from emoanalytics.views.calibrate import Ballot, Calibration, answer, answered, ballot, calibrate, clips_to_hear
from emoanalytics.views.clusters import (
    Clustering,
    Portrait,
    Verdict,
    cluster,
    measures_voice,
    portraits,
    unheard_words,
)
from emoanalytics.views.clusters import Method as ClusterMethod
from emoanalytics.views.clusters import to_hear as cluster_sample
from emoanalytics.views.compare import Comparison, compare
from emoanalytics.views.figures.marks import mark_clips
from emoanalytics.views.labels_audit import LabelAudit, SuspectLabel, audit_labels
from emoanalytics.views.leak import Leak, leak_meter, precision_gain
from emoanalytics.views.maps import (
    Alignment,
    Map,
    MapMethod,
    Paint,
    Placed,
    Surroundings,
    align,
    draw_map,
    open_map,
    paint,
    painted,
    place,
    place_added,
    saved_maps,
    surroundings,
)
from emoanalytics.views.overview import Glance, Overview, glance, overview
from emoanalytics.views.search import Catalogue, Contrast, Exclude, Hit, Query, SearchResult, search
from emoanalytics.views.search import Clip as QueryClip
from emoanalytics.views.timeline import Moment, Timeline, moments, timeline
from emoanalytics.views.trends import SpeakerTrend, Trends, trends

__all__ = [
    "EMOTIONS",
    "Alarm",
    "Alerts",
    "Alignment",
    "Audit",
    "Ballot",
    "Bookmark",
    "Bookmarks",
    "BuildOrder",
    "BuildProgress",
    "BuildReport",
    "BuildRun",
    "BuildRuns",
    "BuildSettings",
    "BuildStage",
    "Calibration",
    "Catalogue",
    "ChannelPolicy",
    "Checked",
    "ClipResult",
    "ClusterMethod",
    "Clustering",
    "Comparison",
    "Contrast",
    "Corpus",
    "Curve",
    "CutMode",
    "CutPolicy",
    "Decision",
    "Decisions",
    "Duplicate",
    "Duplicates",
    "EmoAnalyticsError",
    "Emotion",
    "EmotionStore",
    "Encoded",
    "Encoder",
    "EncoderCard",
    "Exclude",
    "ExportFormat",
    "Exported",
    "Failure",
    "FitReport",
    "Flag",
    "Fragility",
    "Geometry",
    "Glance",
    "Granularity",
    "Head",
    "Hit",
    "Hubs",
    "IndexBuild",
    "LabelAudit",
    "Language",
    "Leak",
    "Map",
    "MapMethod",
    "Moment",
    "Montage",
    "Outliers",
    "Overview",
    "Paint",
    "Placed",
    "Portrait",
    "Preview",
    "Quality",
    "QualitySettings",
    "Query",
    "QueryClip",
    "Reason",
    "Report",
    "Rule",
    "RuleKind",
    "SearchResult",
    "Segment",
    "Selections",
    "Space",
    "SpeakerTrend",
    "StoredHead",
    "Surroundings",
    "SuspectLabel",
    "Tags",
    "Timeline",
    "ToReview",
    "Trends",
    "Verdict",
    "Weighing",
    "Why",
    "alerts",
    "align",
    "analyze",
    "answer",
    "answered",
    "audit",
    "audit_labels",
    "ballot",
    "build",
    "build_demo",
    "calibrate",
    "check_copies",
    "clips_to_hear",
    "cluster",
    "cluster_sample",
    "compare",
    "demo_folder",
    "draw_map",
    "duplicates",
    "excerpt",
    "export",
    "figures",
    "flag_name",
    "flag_reason",
    "flagged",
    "fragile",
    "glance",
    "harmless",
    "head_of",
    "hear",
    "hubs",
    "in_role",
    "is_demo",
    "keep_fragility",
    "kept_fragility",
    "leak_meter",
    "list_models",
    "load_encoder",
    "mark_clips",
    "mark_dropped",
    "measures_voice",
    "moments",
    "montage",
    "open_corpus",
    "open_map",
    "outliers",
    "overview",
    "own_scores",
    "paint",
    "painted",
    "parse_rule",
    "place",
    "place_added",
    "portraits",
    "precision_gain",
    "preview",
    "report",
    "review_queue",
    "reviewed",
    "saved_maps",
    "score_word",
    "search",
    "stored_clip",
    "stored_heads",
    "surroundings",
    "timeline",
    "train_head",
    "trends",
    "unfinished",
    "unheard_words",
    "use_head",
    "write_result",
    "write_wav",
]
