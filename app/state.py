"""Names in the session state, and the link that reproduces a view.

Settings live in the session state under the names of `Key`. Those in `LINKED` also stand in the address, as ids and
never as translated words, so that a link opens the same view in either language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NoReturn

import streamlit as st

from emoanalytics import Language


class Key(StrEnum):
    """Every name the app keeps in the session state."""

    STORE = "store"
    LANG = "lang"
    SPEAKER = "speaker"
    SESSION = "session"
    SPOKEN = "spoken"
    ROLE = "role"
    FLAG = "flag"
    GIVEN = "given"
    TOP = "top"
    TAG = "tag"
    ONLY = "only"  # only the chosen clips
    SEARCH = "q"
    WHERE = "where"
    SORT = "sort"
    DOWN = "down"
    PAGE = "page"
    SEGMENT = "segment"
    LIKE = "like"
    UNLIKE = "unlike"
    TOWARD = "toward"
    PROFILE = "profile"
    CONTRAST = "contrast"
    EXCLUDE = "exclude"
    VARIETY = "variety"
    HITS = "hits"
    SPACE = "space"
    METHOD = "method"
    COLOUR = "colour"
    SHADE = "shade"
    DIMS = "dims"  # of the map
    BESIDE = "beside"  # the second map
    NAMES = "names"  # of clusters, on the map
    SIMPLE = "simple"  # maps without WebGL
    CHOSEN = "chosen"
    SELECTION = "selection"  # the key of a choice too long for an address
    ASPECT = "aspect"  # of the Speakers page
    PERSON = "person"
    BY = "by"
    WEIGH = "weigh"
    WITHOUT = "without"  # flags whose clips do not count
    WHOSE = "whose"  # the role whose clips count
    EMOTION = "emotion"
    OCCASION = "occasion"
    GROUP = "group"
    GROUPS = "groups"  # the values of it that are compared
    OTHER = "other"  # the second of two speakers
    SKETCH = "sketch"  # the emotion of the lines in the table
    OWN = "own"  # compare with the own baseline
    RULE = "rule"
    ALARM = "alarm"
    PART = "part"  # of the Audit page
    FLAGGED = "flagged"
    KINDS = "kinds"  # reasons to hear a clip
    PANEL = "panel"  # of the Settings page
    POLICY = "policy"  # what becomes of other and unknown in a calibration
    DIVISION = "division"  # how clusters are found
    PIECES = "pieces"  # how many clusters
    AMONG = "among"  # the space that is divided
    CLUSTER = "cluster"  # the one that is looked at
    PICK = "pick"  # clips of the store, on the Clip page
    GRANULARITY = "granularity"
    REPORT_LANG = "report_lang"
    REDACT = "redact"
    TITLE = "title"
    COMPARED = "compared"  # columns whose groups a report compares
    SEED = "seed"  # of a report
    WHAT = "what"  # is exported
    FORMAT = "format"
    EMBEDDED = "embedded"
    TO = "to"
    # Below: not part of a link.
    SECTIONS = "sections"  # templates for a report
    MADE = "made"  # the last report, and what was asked of it
    WRITTEN = "written"  # the last export, and what was asked of it
    PLACE = "place"  # on this machine, for an export
    DATABASE = "database"
    TABLE_NAME = "table_name"
    SOURCE = "source"  # of a new store, as it was typed
    DRAFT = "draft"  # a new store that is being thought about
    OPENED = "opened"  # folders opened by hand in this session
    OPEN_PATH = "open_path"
    UPLOADS = "uploads"
    RECORDING = "recording"
    SOUGHT = "sought"  # in the picker of the Clip page
    CUE = "cue"  # where a sound is to start
    FOUND = "found"  # results of the Clip page, by content
    OUTSIDE = "outside"  # clips a search starts from that are not in the store
    QUERY_UPLOADS = "query_uploads"
    QUERY_RECORDING = "query_recording"
    GIVEN_TIMES = "given_times"  # how often the two above were emptied
    STARTED = "started"  # the clip whose sound was started by hand
    PLACED = "placed"  # clips from outside that lie on the map
    PLACED_UPLOADS = "placed_uploads"
    PLACED_RECORDING = "placed_recording"
    PLACED_TIMES = "placed_times"  # how often the two above were emptied
    PLACED_WHERE = "placed_where"  # where they lie, and on which map
    KEPT = "kept"  # the last choice that a key named, and the key
    TAGGING = "tagging"
    NAMING_QUERY = "naming_query"
    NAMING = "naming"  # a view that is about to be kept
    MARKED = "marked"  # what is marked on the map, and lassoed on it
    WINDOW = "window"  # the part of the map that is shown
    CHART = "chart"  # number of the map's chart
    TABLE = "table"
    TICKED = "ticked"  # rows of a table, and of which
    TAKEN = "taken"  # clips were just chosen
    PAGES = "pages"  # page of each list
    SKIPPED = "skipped"  # clips of the queue to come back to later
    STEPS = "steps"  # what was decided and skipped in this session, to take it back
    BACK = "back"  # the clip whose decision was taken back: it stands there again
    KEYS = "keys"  # whether keys act
    SOUNDING = "sounding"  # the sound a key started
    SHAKE = "shake"  # the store whose fragile winners were asked for
    ONWARD = "onward"  # a decision was made, the next clip may sound
    THOROUGH = "thorough"  # the store whose labels were to be judged anew
    WHO = "who"  # name of whoever decides
    PASSED = "passed"  # clips of the calibration to come back to later
    ANSWERS = "answers"  # what was answered and skipped in this session, to take it back
    RETURNED = "returned"  # the clip whose answer was taken back: it stands there again
    COUNTED = "counted"  # how many answered clips were there last
    OUTCOME = "outcome"  # what the last calibration brought
    PUT_TO_USE = "put_to_use"  # it just was
    TROUBLE = "trouble"  # why the last decision was not kept
    LAST_LINK = "last_link"
    LAST_PAGE = "last_page"
    STOOD_IN = "stood_in"  # Home was drawn as the first page, since no store was open


CHOICES = (Key.SPEAKER, Key.SESSION, Key.SPOKEN, Key.ROLE, Key.FLAG, Key.GIVEN, Key.TOP, Key.TAG)
FILTERS = (*CHOICES, Key.SEARCH, Key.WHERE, Key.ONLY)
ROWS = (*FILTERS, Key.SORT, Key.DOWN, Key.PAGE, Key.SEGMENT)  # of the Segments page
QUERY = (Key.LIKE, Key.UNLIKE, Key.TOWARD, Key.PROFILE, Key.CONTRAST, Key.EXCLUDE, Key.VARIETY, Key.HITS)
SPEAKERS = (
    Key.ASPECT, Key.PERSON, Key.BY, Key.WEIGH, Key.WITHOUT, Key.WHOSE, Key.EMOTION, Key.OCCASION, Key.GROUP, Key.OWN,
    Key.RULE, Key.ALARM, Key.GROUPS, Key.OTHER, Key.SKETCH,
)  # fmt: skip
AUDIT = (Key.PART, Key.FLAGGED, Key.KINDS)
SETTINGS = (Key.PANEL, Key.POLICY)
CLUSTERS = (Key.DIVISION, Key.PIECES, Key.AMONG, Key.CLUSTER)
CLIP = (Key.PICK, Key.GRANULARITY)
MAP = (Key.METHOD, Key.COLOUR, Key.SHADE, Key.DIMS, Key.BESIDE, Key.NAMES, Key.SIMPLE)
HANDED = (  # of Report and Export
    Key.REPORT_LANG, Key.REDACT, Key.TITLE, Key.COMPARED, Key.SEED, Key.WHAT, Key.FORMAT, Key.EMBEDDED, Key.TO,
)  # fmt: skip
VIEW = (
    *ROWS, *QUERY, Key.SPACE, *MAP, Key.CHOSEN, Key.SELECTION, *SPEAKERS, *AUDIT, *SETTINGS, *CLIP, *HANDED, *CLUSTERS,
)  # fmt: skip
LINKED = (Key.STORE, Key.LANG, *VIEW)
MANY = (
    *CHOICES, Key.KINDS, Key.LIKE, Key.UNLIKE, Key.TOWARD, Key.PROFILE, Key.EXCLUDE, Key.CHOSEN, Key.WITHOUT,
    Key.EMOTION, Key.GROUPS, Key.PICK, Key.COMPARED,
)  # fmt: skip
SWITCHES = (Key.DOWN, Key.SHADE, Key.OWN, Key.ONLY, Key.REDACT, Key.NAMES, Key.SIMPLE)
NUMBERS = (Key.PAGE, Key.HITS, Key.PIECES, Key.SEED)
# What holds where nothing is said; it does not stand in an address.
USUAL: dict[Key, object] = {
    Key.DOWN: False, Key.ONLY: False, Key.SHADE: True, Key.PAGE: 1, Key.HITS: 1, Key.VARIETY: 0.0, Key.SPACE: "raw",
    Key.METHOD: "umap", Key.DIMS: "2", Key.BESIDE: "", Key.NAMES: True, Key.SIMPLE: False,
    Key.COLOUR: "emotion", Key.ASPECT: "change", Key.BY: "session", Key.WEIGH: "clips", Key.WHOSE: "", Key.OWN: False,
    Key.PART: "queue", Key.PANEL: "settings", Key.POLICY: "keep", Key.DIVISION: "hdbscan",
    Key.AMONG: "speaker-centred", Key.GRANULARITY: "utterance", Key.REPORT_LANG: "page", Key.REDACT: False, Key.SEED: 0,
    Key.WHAT: "all", Key.FORMAT: "csv", Key.EMBEDDED: "usual", Key.TO: "download",
}  # fmt: skip
MOST_LINKED = 50  # values of one setting in an address; more would make it too long to be passed on
_TEXT_LIMIT = 2_000  # characters of one entry of an address


def language() -> Language:
    """The language of the page: chosen, else the browser's where it is Chinese, else English."""
    chosen = st.session_state.get(Key.LANG)
    if chosen in set(Language):
        return Language(chosen)
    return Language.ZH if (st.context.locale or "").lower().startswith("zh") else Language.EN


def restore_frame() -> None:
    """Take over store and language from the address, where it is not what this session wrote there itself."""
    link, last = _read(), st.session_state.get(Key.LAST_LINK, {})
    for key in (Key.STORE, Key.LANG):
        if key in link and link[key] != last.get(key):
            st.session_state[key] = _typed(key, link[key])


def restore_view(page: str) -> None:
    """Take over the settings of a page from the address, and keep those of the pages that are not shown.

    Within a session the address changes by a link to a page (which names all it wants) or by the browser's back
    button. The menu of pages clears it: then the settings stay.
    """
    link, last = _read(), st.session_state.get(Key.LAST_LINK)
    came = st.session_state.get(Key.LAST_PAGE) != page
    if link != last and (not came or any(key in link for key in VIEW)):
        show(link)
    for key in LINKED:  # a widget that is not drawn would take its value with it
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
    st.session_state[Key.LAST_PAGE] = page


def publish() -> None:
    """Write the settings into the address; nothing is written when it says so already."""
    link = view()
    for key in (Key.STORE, Key.LANG):
        if written := _written(key, st.session_state.get(key)):
            link[key] = written
    st.session_state[Key.LAST_LINK] = link
    if link != _read():
        st.query_params.from_dict(link)


def view() -> dict[str, list[str]]:
    """The settings of the view as they stand in an address."""
    found = {key: _written(key, st.session_state.get(key)) for key in VIEW}
    return {str(key): written for key, written in found.items() if written and len(written) <= MOST_LINKED}


def show(settings: Mapping[str, Sequence[str]]) -> None:
    """Take over the settings of another view; what is no setting of a view is left out."""
    clear_view()
    for key in VIEW:
        if settings.get(key):
            st.session_state[key] = _typed(key, list(settings[key]))


def again() -> NoReturn:
    """Draw the page once more, with what was just set; the address must know of it before."""
    publish()
    st.rerun()


def clear_filters() -> None:
    """Show all rows again, from the first page."""
    for key in (*ROWS, Key.HITS):
        st.session_state.pop(key, None)


def clear_view() -> None:
    """Forget filters, query, map, speaker and what was chosen."""
    for key in VIEW:
        st.session_state.pop(key, None)


def _written(key: Key, value: object) -> list[str]:
    """A setting as it stands in an address; nothing where it is what it is anyway."""
    if value is None or value == "" or value == USUAL.get(key):
        return []
    if isinstance(value, list):
        return [str(v) for v in value]
    return [str(int(value) if isinstance(value, bool) else value)]


def _read() -> dict[str, list[str]]:
    return {k: st.query_params.get_all(k) for k in LINKED if k in st.query_params}


def _typed(key: Key | str, values: list[str]) -> list[str] | str | float | bool:
    if key in MANY:
        return [v[:_TEXT_LIMIT] for v in values[:MOST_LINKED]]
    if key in SWITCHES:
        return values[-1] == "1"
    if key in NUMBERS:
        number = int(values[-1][:10]) if values[-1].isdecimal() else 0
        return number or (1 if USUAL.get(Key(key)) is None else int(str(USUAL[Key(key)])))
    if key == Key.VARIETY:
        return _share(values[-1])
    return values[-1][:_TEXT_LIMIT]


def _share(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
