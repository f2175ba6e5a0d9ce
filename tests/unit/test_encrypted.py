"""What SOPS has encrypted is not judged, and everything next to it is."""

from __future__ import annotations

from typing import Any

import pytest

from promote.checks import kubeconform
from promote.model import Document, Identity

VALUE = "ENC[AES256_GCM,data:cXdl,iv:YQ==,tag:Yg==,type:str]"
SECRET: dict[str, Any] = {
    "data": {"a/b": VALUE, "plain": "%"},
    "list": [{"of": VALUE}, 1],
    "sops": {"mac": VALUE, "version": "3.9.0"},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/sops", True),
        ("/sops/age", True),
        ("/data/a~1b", True),
        ("/list/0/of", True),
        ("/data/plain", False),
        ("/data/none/of", False),
        ("/list/1/of", False),
        ("/list/2/of", False),
        ("/list/x/of", False),
        ("/data", False),
        ("", False),
    ],
)
def test_only_what_is_encrypted_is_hidden(path: str, expected: bool) -> None:
    assert kubeconform.is_encrypted(SECRET, path) is expected


@pytest.mark.parametrize("added", [None, "text", {}, {"mac": None}])
def test_without_the_mark_of_sops_nothing_is_hidden(added: Any) -> None:
    content = SECRET | {"sops": added}
    assert not any(kubeconform.is_encrypted(content, path) for path in ("/sops", "/data/a~1b"))


def test_the_schema_judges_the_rest() -> None:
    message = (
        "problem validating schema. Check JSON formatting: jsonschema validation failed with 'a'\n"
        "- at '': additional properties 'sops' not allowed\n"
        "- at '/data/a~1b': got string, want null\n- at '/data/plain': got number, want string"
    )
    resource = {"version": "v1", "kind": "Secret", "name": "a", "status": "statusInvalid", "msg": message}
    known = [Document(Identity("v1", "Secret", "", "a"), SECRET)]
    validated, (finding,) = kubeconform.from_kubeconform([resource], "t", known)
    assert (validated, finding.path) == (1, "/data/plain")
