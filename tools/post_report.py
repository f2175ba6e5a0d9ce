"""Posts the report of `promote check` as one comment on its pull request, for the workflow `report`.

The report comes from a run that a stranger's code may have shaped. It is text and nothing else: bounded when it is
read, never written to a file, without control characters, and shown in a code block, where it links and mentions
nothing. Only the standard library is used, so that nothing has to be installed next to a token that can write.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Mapping
from typing import Any

MARKER = "<!-- promote: report -->"
AUTHOR = "github-actions[bot]"
ARTIFACT, FILE = "report", "report.txt"
MOST_BYTES = 1 << 20  # of the archive, and of the file in it
MOST_ANSWER = 8 << 20
MOST_CHARACTERS = 60_000  # GitHub takes 65,536
MOST_MARKS = 100  # one after the other that end a code block
MOST_PAGES = 20
# Control characters, those that change the direction of text, and those that nobody sees.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect leads to a store that must not see the token."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class GitHub:
    """The few requests that are needed, each with bounded answers."""

    def __init__(self, api: str, token: str) -> None:
        self._api, self._token = api.rstrip("/"), token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def ask(self, path: str, body: Mapping[str, str] | None = None, method: str = "GET") -> Any:
        """The JSON answer to a request."""
        with self._open(path, body, method) as answer:
            return json.loads(_bounded(answer, MOST_ANSWER))

    def archive(self, path: str) -> bytes:
        """What an address of the API redirects to, read without the token."""
        try:
            with self._open(path, None, "GET") as answer:
                return _bounded(answer, MOST_BYTES)
        except urllib.error.HTTPError as error:
            with error:
                if error.code not in (301, 302, 303, 307, 308):
                    raise
                there = error.headers["Location"]
        with self._opener.open(urllib.request.Request(there), timeout=30) as answer:  # noqa: S310 GitHub names it
            return _bounded(answer, MOST_BYTES)

    def _open(self, path: str, body: Mapping[str, str] | None, method: str) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/vnd.github+json"}
        request = urllib.request.Request(f"{self._api}{path}", data, headers, method=method)  # noqa: S310 as above
        return self._opener.open(request, timeout=30)


def _bounded(answer: Any, most: int) -> bytes:
    data: bytes = answer.read(most + 1)
    if len(data) > most:
        raise ValueError(f"an answer has more than {most} bytes")
    return data


def report(archive: bytes) -> str:
    """The text of the report in an archive; raises ValueError if there is none, or too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened, opened.open(FILE) as file:
            return _bounded(file, MOST_BYTES).decode("utf-8", "replace")
    except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError) as error:
        raise ValueError(f"the archive has no readable {FILE}: {error}") from None


def comment(text: str, commit: str) -> str:
    """The body of the comment: the report in a code block that nothing in it can end."""
    clean = _INVISIBLE.sub("\ufffd", text.replace("\r\n", "\n").expandtabs(4))
    clean = re.sub(f"`{{{MOST_MARKS},}}", "`" * MOST_MARKS, clean)  # the fence must be longer than all of them
    if len(clean) > MOST_CHARACTERS:
        clean = clean[:MOST_CHARACTERS] + "\n… the rest is in the job's log"
    fence = "`" * (max(map(len, re.findall("`+", clean)), default=0) + 3)
    head = f"`promote check` of {commit[:12]}, as the pull request's own run printed it:"
    return f"{MARKER}\n{head}\n\n{fence}text\n{clean}\n{fence}\n"


def newest(artifacts: Any) -> int | None:
    """The number of the newest report that is still there and small enough."""
    found = [
        one["id"]
        for one in artifacts["artifacts"]
        if one["name"] == ARTIFACT and not one["expired"] and one["size_in_bytes"] <= MOST_BYTES
    ]
    return max(found, default=None)


def pulls(github: GitHub, repository: str, owner: str, branch: str, commit: str) -> list[int]:
    """The open pull requests of this repository whose branch is still at the commit of the run."""
    query = urllib.parse.urlencode({"state": "open", "head": f"{owner}:{branch}", "per_page": 100})
    found = github.ask(f"/repos/{repository}/pulls?{query}")
    return [int(one["number"]) for one in found if one["head"]["sha"] == commit]


def post(github: GitHub, repository: str, number: int, body: str) -> None:
    """Renew our own comment, or add it."""
    for page in range(1, MOST_PAGES + 1):
        there = github.ask(f"/repos/{repository}/issues/{number}/comments?per_page=100&page={page}")
        for one in there:
            if one["user"]["login"] == AUTHOR and one["body"].startswith(MARKER):
                github.ask(f"/repos/{repository}/issues/comments/{int(one['id'])}", {"body": body}, "PATCH")
                return
        if not there:
            break
    github.ask(f"/repos/{repository}/issues/{number}/comments", {"body": body}, "POST")


def main(given: Mapping[str, str]) -> int:
    """Post the report of one run; what the environment names comes from GitHub's event, not from the report."""
    repository, commit = given["GITHUB_REPOSITORY"], given["HEAD_SHA"]
    run = int(given["RUN_ID"])
    if not _COMMIT.fullmatch(commit):
        raise ValueError("HEAD_SHA is not a commit")
    github = GitHub(given["GITHUB_API_URL"], given["GITHUB_TOKEN"])
    artifact = newest(github.ask(f"/repos/{repository}/actions/runs/{run}/artifacts?per_page=100"))
    if artifact is None:
        print("the run left no report")
        return 0
    body = comment(report(github.archive(f"/repos/{repository}/actions/artifacts/{artifact}/zip")), commit)
    numbers = pulls(github, repository, given["HEAD_OWNER"], given["HEAD_BRANCH"], commit)
    for number in numbers:
        post(github, repository, number, body)
    print(f"posted on {len(numbers)} pull requests")
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
