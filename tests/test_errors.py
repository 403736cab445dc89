"""Errors are one tree, and carry what their callers act on."""

from __future__ import annotations

import inspect
import re

import pytest

from vpnaudit import errors
from vpnaudit.errors import CloudStackError, Malformed, Refused, RenderError, Unreachable, VpnAuditError

CLASSES = {name: one for name, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__}


def test_the_tree_at_the_top_is_the_tree_that_is():
    drawn = re.findall(r"^ {4}(?:│   |    )?(?:[├└]── )?([A-Z]\w+) {2,}", errors.__doc__, re.MULTILINE)
    assert sorted(drawn) == sorted(CLASSES)
    assert all(issubclass(one, VpnAuditError) for one in CLASSES.values())


@pytest.mark.parametrize("kind", [CloudStackError, Unreachable, Refused, Malformed])
def test_an_error_of_a_server_says_which_call_and_what_came_back(kind):
    error = kind("listVPCs", "words", status=431, code=4350)
    assert (error.command, error.text, error.status, error.code) == ("listVPCs", "words", 431, 4350)
    assert str(error) == "listVPCs: HTTP 431: words"
    assert str(kind("listVPCs", "words")) == "listVPCs: no answer: words"
    assert issubclass(kind, CloudStackError)


def test_a_notebook_that_failed_names_its_file_and_its_cell():
    error = RenderError("it broke", notebook="out.ipynb", cell=3)
    assert (str(error), error.notebook, error.cell) == ("it broke", "out.ipynb", 3)
    assert (RenderError("it broke").notebook, RenderError("it broke").cell) == (None, None)
