"""Inputs that a target once failed on, each by the name of its target; `tests/unit/test_fuzz.py` tries them."""

FOUND: tuple[tuple[str, bytes], ...] = (
    # An item of a List that is not a mapping was written as if it were an object.
    ("manifests", b"apiVersion: v5\nkind: List\nitems:\n- &a text\n"),
    # A key that is a mapping was repeated, as long as it was.
    ("holds", b"? " + b"- [a, b]\n  " * 100 + b"\n: 1\n"),
    # A host that only its upper case tells from a path lost it.
    ("registries", b"locQho/b_c/d/e-f"),
)
