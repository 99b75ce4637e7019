"""Rules that call for attention, and how often they would by chance.

rules (text -> Rule) -> sequences (who, which session, which clip) -> triggers (where a rule fires) -> chance -> result
"""

from emoanalytics.views.alerts.compute import alerts
from emoanalytics.views.alerts.result import Alarm, Alerts, RuleReport
from emoanalytics.views.alerts.rules import Kind, Rule, parse_rule

__all__ = ["Alarm", "Alerts", "Kind", "Rule", "RuleReport", "alerts", "parse_rule"]
