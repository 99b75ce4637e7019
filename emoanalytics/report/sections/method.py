"""How the page was made: encoder, head, calibration, settings, runs, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emoanalytics.report.findings import Findings
from emoanalytics.report.speech import Speech, clean
from emoanalytics.store.info import package_version
from emoanalytics.store.schema import BUILTIN_HEAD

_SHORT = 16
_NAMES = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA"}


def method(findings: Findings, speech: Speech, *, seed: int) -> dict[str, Any]:
    """Lines of name and words; the runs; the versions of the packages that made the store."""
    lines = [*_encoder(findings, speech), (speech("cut"), _cut(findings, speech)), *_head(findings, speech)]
    lines += _geometry(findings, speech)
    if findings.spread is not None:
        lines.append((speech("how_intervals"), [speech("how_intervals_said", seed=seed)]))
    audited = None if findings.audit is None else findings.audit.labels
    if audited is not None and audited.decided:
        lines.append((speech("how_decisions"), [speech("how_decisions_said", n=speech.number(audited.decided))]))
    runs = [f"{clean(run.get('kind', ''))}, {clean(run.get('finished', ''))}" for run in findings.made.runs]
    lines.append((speech("runs"), runs or [speech("unknown")]))
    lines.append((speech("versions"), [_versions(findings)]))
    return {"lines": lines, "again": speech("again_command")}


def _encoder(findings: Findings, speech: Speech) -> list[tuple[str, list[str]]]:
    card = findings.overview.encoder
    name = clean(card.get("name") or "") or speech("own_encoder")
    revision = clean(str(card.get("revision") or ""))
    first = f"{name}, {speech('revision')} {revision}" if revision else name
    lines = [
        f"{first}; {speech('numbers_a_clip', n=card['dim'])}",
        f"{speech('digest')} {clean(str(card.get('digest', '')))}",
        f"{speech('fingerprint')} {findings.made.info.encoder_fingerprint}",
    ]
    found = [(speech("encoder"), lines)]
    if card.get("licence"):
        found.append((speech("licence"), [clean(card["licence"])]))
    return found


def _cut(findings: Findings, speech: Speech) -> list[str]:
    cut = findings.made.info.cut
    mode = str(cut.get("mode", ""))
    if mode == "windows":
        return [speech("cut_windows", window=f"{cut['window_s']:g}", hop=f"{cut['hop_s']:g}")]
    return [speech(f"cut_{mode}") if mode in ("whole", "speech", "manifest") else clean(mode)]


def _head(findings: Findings, speech: Speech) -> list[tuple[str, list[str]]]:
    view = findings.overview
    if view.head is None or view.head_missing is not None:
        return [(speech("head"), [speech("head_none" if view.head is None else "head_gone")])]
    report = view.head_report or {}
    builtin = view.head == BUILTIN_HEAD
    name = f" ({clean(view.head)})" if view.head and not builtin else ""
    lines = [speech("head_builtin" if builtin else "head_fitted") + name]
    lines.append(f"{speech('head_digest')} {findings.made.head_digest}")
    if "uar" in report:
        low, high = report["uar_interval"]
        values = {"uar": report["uar"], "low": low, "high": high, "chance": report["chance"]}
        lines.append(speech("head_quality", **{k: speech.score(v) for k, v in values.items()}))
    else:
        lines.append(speech("head_quality_unknown"))
    return [(speech("head"), lines), (speech("calibration"), [calibration(report.get("calibration"), speech)])]


def calibration(report: Mapping[str, Any] | None, speech: Speech) -> str:
    """Whether scores may be read as probabilities."""
    if not report:
        return speech("calibration_none")
    if not report["calibrated"]:
        return speech("calibration_tried", clips=speech.number(report["clips"]))
    after = {k: speech.score(report["after"][k]) for k in ("error", "low", "high")}
    return speech("calibration_done", clips=report["clips"], speakers=report["speakers"], **after)


def _geometry(findings: Findings, speech: Speech) -> list[tuple[str, list[str]]]:
    lines: list[tuple[str, list[str]]] = []
    drawn, found = findings.map, findings.clustering
    if drawn is not None:
        trust = drawn.trust
        values = {"trust": trust.overall_trustworthiness, "continuity": trust.overall_continuity}
        shown = {k: speech.score(v) for k, v in values.items()}
        ranked = speech.number(trust.ranked)
        by = _NAMES[str(drawn.drawn_by)]
        lines.append(
            (speech("how_map"), [speech("how_map_said", method=by, seed=drawn.settings.seed, ranked=ranked, **shown)])
        )
    if found is not None:
        settings = ", ".join(f"{k} {v}" for k, v in found.settings.items())
        values = {"silhouette": found.silhouette, "validity": found.density_validity}
        shown = {k: speech.score(v) for k, v in values.items()}
        said = speech("how_clusters_said", method=found.method, settings=settings, seed=found.seed, **shown)
        lines.append((speech("how_clusters"), [said]))
    return lines


def _versions(findings: Findings) -> str:
    """Of the last run that says them, and of what made this page."""
    recorded: Mapping[str, Any] = next(
        (run["versions"] for run in reversed(findings.made.runs) if run.get("versions")), {}
    )
    versions = {**{str(k): str(v) for k, v in recorded.items()}, "emoanalytics": package_version()}
    return ", ".join(f"{clean(k)} {clean(v)}" for k, v in sorted(versions.items()))
