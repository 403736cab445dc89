"""The ways in which the management server says no: HTTP status, inner code and words as CloudStack 4.22 sends them."""

from __future__ import annotations

INVALID_VALUE, PERMISSION, RUNTIME, GENERAL = 4350, 4365, 4250, 9999
MASKED = "Internal error executing command, please contact your system administrator"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer here, not a mistake of the program
    """An answer that is not a list.

    `status` is both the HTTP status and the `errorcode`, `inner` the `cserrorcode` (None: the server leaves it out),
    `outer` the top-level key of the body (None: the command's own).
    """

    def __init__(self, status: int, text: str, *, inner: int | None = GENERAL, outer: str | None = None) -> None:
        self.status, self.text, self.inner, self.outer = status, text, inner, outer
        super().__init__(text)


def bad_credentials(outer: str | None = None) -> Refusal:
    """Refuse a key, a signature or an expiry; an unknown command too, which only `outer` tells apart."""
    return Refusal(401, "unable to verify user credentials and/or request signature", inner=None, outer=outer)


def not_for_role(command: str, user_id: str) -> Refusal:
    """Refuse a command that the role lacks. This is decided before the signature is compared."""
    text = f"The API [{command}] does not exist or is not available for the account for user id [{user_id}]."
    return Refusal(432, text, outer="errorresponse")


def not_in_project(command: str, project_id: str) -> Refusal:
    """Refuse a plain user in a project of others."""
    text = f"The API [{command}] does not exist or is not available for this account/user in project [{project_id}]."
    return Refusal(432, text, outer="errorresponse")


def unknown_object(command: str, name: str, value: str) -> Refusal:
    """Refuse an id that no object has."""
    return Refusal(
        431,
        f"Unable to execute API command {command.lower()} due to invalid value. Invalid parameter {name} value={value}"
        " due to incorrect long value format, or entity does not exist or due to incorrect parameter annotation for"
        " the field in api cmd class.",
    )


def bad_value(command: str, name: str, value: str) -> Refusal:
    """Refuse a value of the wrong type."""
    return Refusal(
        431, f"Unable to execute API command {command.lower()} due to invalid value {value} for parameter {name}"
    )


def invalid(text: str) -> Refusal:
    """Refuse with code 431 and the words of the command itself."""
    return Refusal(431, text, inner=INVALID_VALUE)


def foreign_domain(account: str, number: int, account_id: str, domain_id: str) -> Refusal:
    """Refuse a domain outside the caller's own tree. `Account Account` is the server's own wording."""
    who = f'[{{"accountName":"{account}","id":{number},"uuid":"{account_id}"}}]'
    text = f"Account Account {who} does not have permission to operate within domain id={domain_id}"
    return Refusal(531, text, inner=PERMISSION)


def no_access() -> Refusal:
    """Refuse an object of somebody else."""
    return Refusal(531, "Caller does not have permission to operate with provided resource.", inner=PERMISSION)


def broken(text: str, *, admin: bool) -> Refusal:
    """Fail inside the server; only accounts of type Admin are told how."""
    return Refusal(530, text if admin else MASKED)
