"""Which given labels may be wrong, and what about the labels of a corpus makes a model look better than it is?

store -> auditing -> corpus (balance, one-label speakers, leaks), suspicion (scores, votes) -> result -> words
"""

from emoanalytics.views.labels_audit.auditing import audit_labels
from emoanalytics.views.labels_audit.corpus import Balance, Leaks, OneLabel
from emoanalytics.views.labels_audit.result import LabelAudit, SuspectLabel

__all__ = ["Balance", "LabelAudit", "Leaks", "OneLabel", "SuspectLabel", "audit_labels"]
