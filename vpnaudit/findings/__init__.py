"""What a rule makes: verdicts with severity, words, reasons and evidence, and the action that would mend them."""

from vpnaudit.findings.actions import ACTIONS, Action, Update, update_with
from vpnaudit.findings.rule import HEADINGS, SEVERITIES, Rule, Tables, rule, sections
from vpnaudit.findings.verdicts import CANNOT_TELL, COLUMNS, VERDICTS, Cell, Finding, Reason, fingerprint, verdicts
from vpnaudit.findings.wording import words_by_condition

__all__ = [
    "ACTIONS",
    "CANNOT_TELL",
    "COLUMNS",
    "HEADINGS",
    "SEVERITIES",
    "VERDICTS",
    "Action",
    "Cell",
    "Finding",
    "Reason",
    "Rule",
    "Tables",
    "Update",
    "fingerprint",
    "rule",
    "sections",
    "update_with",
    "verdicts",
    "words_by_condition",
]
