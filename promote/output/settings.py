"""The promote.yaml that `promote init` writes, and what it says of it."""

from __future__ import annotations

from collections.abc import Iterator

from promote.repository.discovery import Layout

_ENVIRONMENTS = """\
# yaml-language-server: $schema=promote.schema.json
# What `promote` needs to know about this repository. Every key is described in the schema.

# In the order in which a release passes through them. `path` is a folder with a kustomization; with a `*` in it, the
# environment is all folders that match, one for each app. `after` is what comes before an environment, where that is
# not the one above it. `live: true` denies demonstration secrets; `gates:` adds conditions, for example
#   gates: {soak: 24h}
environments:
"""
_REST = """
# The remote, and the branch that the cluster follows.
git: {{remote: {remote}, branch: {branch}}}

# Where pull requests are: github, gitea, gitlab, local (no server), or auto to choose by the URL of the remote.
forge: {{kind: auto, merge: merge}}

# Which rules take part: baseline, restricted, general, strict or system.
# profile: baseline

# Images that move together, under one name:
# services:
#   shop: [example/web, example/worker]

# Which tags of an image are newer versions, for `promote bump ENVIRONMENT --newest`:
# follow:
#   example/web: {{semver: "*"}}
"""


def promote_yaml(found: Layout, remote: str, branch: str) -> str:
    """The text of the file."""
    on = {name: f", branch: {_scalar(each)}" for name, each in found.branches.items() if each != branch}
    stated = {name: f", after: [{', '.join(before)}]" for name, before in found.after.items()}
    lines = "".join(
        f"  {name}: {{path: {_scalar(path)}{on.get(name, '')}{stated.get(name, '')}}}\n"
        for name, path in found.environments.items()
    )
    return _ENVIRONMENTS + lines + _REST.format(remote=_scalar(remote), branch=_scalar(branch))


def _scalar(text: str) -> str:
    """`text` in a flow mapping, in quotes unless YAML certainly reads it as this text."""
    plain = text[:1].isalpha() and all(one.isalnum() or one in "-_./" for one in text)
    is_word = text.lower() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return text if plain and text.isascii() and not is_word else "'" + text.replace("'", "''") + "'"


def init_text(found: Layout, text: str, dry_run: bool) -> Iterator[str]:
    """What was found, what was not understood, and what to do next."""
    width = max(map(len, found.environments))
    on = {name: f" on the branch {each}" for name, each in found.branches.items()}
    yield "environments, in the order of promotion:"
    yield from (f"  {name:{width}}  {path}{on.get(name, '')}" for name, path in found.environments.items())
    if found.remarks:
        yield from ("", "not understood:", *(f"  {one}" for one in found.remarks))
    if dry_run:
        yield from ("", "promote.yaml would be:", "", *text.splitlines())
        return
    yield from ("", "wrote promote.yaml and promote.schema.json; next:")
    yield "  promote status    # look at what was found, and correct promote.yaml"
    yield "  promote check     # what the rules find in the manifests"
    yield "  git add promote.yaml promote.schema.json && git commit && git push    # plans read the shared branch"
