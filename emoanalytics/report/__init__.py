"""A store as one page that anybody can read: no network, no script, the same bytes again from the same store.

store -> findings (what the views say) -> masking (pseudonyms) -> sections (plain values, pictures, sounds)
      -> page (Jinja templates) -> one HTML file
"""

from emoanalytics.report.reporting import report
from emoanalytics.report.result import Report

__all__ = ["Report", "report"]
