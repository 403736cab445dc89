"""Over HTTP the sandbox takes GET and POST, and answers in the form that was asked for."""

import http.client
from urllib.parse import urlsplit

import pytest

from vpnaudit.sandbox.app import _xml

from .asking import send, signed


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_get_and_post_form(sandbox, method):
    params = signed(*sandbox.credentials["prod"]["admin"], "listZones")
    status, headers, _ = send(sandbox, "prod", params, method)
    assert status == 200
    assert headers["content-type"] == "application/json;charset=UTF-8"


def test_xml_unless_asked_for_json(sandbox):
    params = signed(*sandbox.credentials["prod"]["admin"], "listZones", response="xml")
    _, headers, text = send(sandbox, "prod", params)
    assert headers["content-type"].startswith("text/xml")
    assert text.startswith(
        '<?xml version="1.0" encoding="UTF-8"?><listzonesresponse'
        ' cloud-stack-version="4.22.0.0"><count>3</count><zone><id>'
    )


def test_values_are_escaped_in_xml_and_a_list_is_its_elements_side_by_side():
    assert _xml({"a": [1, 2], "b": {"c": "<&>"}, "d": True}) == "<a>1</a><a>2</a><b><c>&lt;&amp;&gt;</c></b><d>true</d>"


def test_of_a_parameter_that_comes_twice_the_last_one_counts(sandbox):
    params = signed(*sandbox.credentials["prod"]["admin"], "listZones")
    assert send(sandbox, "prod", [("command", "listVPCs"), *params.items()])[0] == 200


def test_another_path_is_no_source(sandbox):
    url = urlsplit(sandbox.endpoints["prod"])
    for path, status in (("/prod/client/api", 401), ("/other/client/api", 404), ("/client/api", 404)):
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        try:
            connection.request("GET", path)
            assert connection.getresponse().status == status, path
        finally:
            connection.close()
