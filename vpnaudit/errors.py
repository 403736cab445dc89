"""Every error that vpnaudit raises on purpose.

    VpnAuditError                     catch this one to catch them all
    ├── ConfigError                   something you wrote: a profile, a policy file, an option, a peer book
    ├── FileError                     the system refused a file or a folder: rights, a full disk, a name in the way
    ├── CloudStackError               a management server did not answer a question
    │   ├── Unreachable               no HTTP answer: DNS, TCP, TLS, time-out
    │   ├── Refused                   an HTTP answer that says no: status, code and text
    │   └── Malformed                 an answer that is not what the API documents
    ├── EvidenceError                 a router's file or archive cannot be read, or asks for more than its bounds
    ├── EstateError                   a table or a snapshot is not what its schema says
    ├── RuleError                     a rule is written wrongly
    ├── RenderError                   a notebook did not run to its end
    ├── DeliveryError                 a mail could not be sent
    └── LabError                      the negotiation lab cannot run here

A message says what happened, to what, and what to do. No message holds a URL with a signature or a secret.
"""

from __future__ import annotations


class VpnAuditError(Exception):
    """The base of all: has one message, made to be shown to a person as it is."""


class ConfigError(VpnAuditError):
    """Something the user wrote cannot be used."""


class FileError(VpnAuditError):
    """The system refused a file or a folder; the message names it."""


class CloudStackError(VpnAuditError):
    """A management server did not answer a question.

    `command` is the API command, `status` the HTTP status (None: no answer came), `code` the `errorcode` of the reply,
    `text` the server's own words or the transport's.
    """

    def __init__(self, command: str, text: str, *, status: int | None = None, code: int | None = None) -> None:
        self.command, self.text, self.status, self.code = command, text, status, code
        where = f"HTTP {status}" if status is not None else "no answer"
        super().__init__(f"{command}: {where}: {text}")


class Unreachable(CloudStackError):  # noqa: N818 - the three read as what the server did
    """No HTTP answer: name resolution, connection, TLS or time-out."""


class Refused(CloudStackError):  # noqa: N818 - the three read as what the server did
    """The server answered, and said no."""


class Malformed(CloudStackError):  # noqa: N818 - the three read as what the server did
    """The server answered with something that is not the documented form, such as text that is no JSON."""


class EvidenceError(VpnAuditError):
    """A file or an archive of a router cannot be read, or asks for more than its bounds allow."""


class EstateError(VpnAuditError):
    """A table or a snapshot is not what its schema says: a wrong type, a changed byte, an unknown format version."""


class RuleError(VpnAuditError):
    """A rule is written wrongly: a heading is missing, a verdict has no subject, a table is read but not declared."""


class RenderError(VpnAuditError):
    """A notebook did not run to its end. `notebook` is the executed file, `cell` the number of the cell that failed."""

    def __init__(self, message: str, *, notebook: str | None = None, cell: int | None = None) -> None:
        self.notebook, self.cell = notebook, cell
        super().__init__(message)


class DeliveryError(VpnAuditError):
    """A mail could not be sent."""


class LabError(VpnAuditError):
    """The negotiation lab cannot run here, and why."""
