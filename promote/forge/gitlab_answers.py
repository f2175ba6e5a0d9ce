"""What GitLab's answers say, read strictly: merge requests, pipelines, statuses, and text without quick actions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from promote.forge.gitlab_errors import NO_TIMES, TRANSIENT, status_of
from promote.forge.json_api import Refused
from promote.forge.json_forge import text
from promote.forge.protocol import PullRequest, State, Status

# `locked` is an open one that is being merged: https://docs.gitlab.com/api/merge_requests/
_STATES: Mapping[str, State] = {"opened": "open", "locked": "open", "merged": "merged", "closed": "closed"}
# What has not ended yet: https://docs.gitlab.com/ci/jobs/#available-job-statuses
_RUNNING = frozenset(
    ("created", "waiting_for_resource", "waiting_for_callback", "preparing", "pending", "running", "scheduled")
)
# A pipeline of the merged result has another commit: https://docs.gitlab.com/ci/pipelines/merged_results_pipelines/
_MERGED_RESULT = re.compile(r"refs/merge-requests/\d+/(merge|train)")
# A line that begins with a slash is a quick action, such as /merge or /approve. GitLab removes every \r before it
# looks. https://docs.gitlab.com/user/project/quick_actions/
_ORDER = re.compile(r"^([^\S\n]*)/(?=[A-Za-z])", re.MULTILINE)
_NO_ORDER = re.compile(r"^([^\S\n]*)\\/(?=[A-Za-z])", re.MULTILINE)


def harmless(body: str) -> str:
    """The body with a backslash, which Markdown does not show, before each slash that would be a quick action."""
    return _ORDER.sub(r"\1\\/", body)


def number(value: Any) -> int:
    """A whole number that GitLab always gives; raises TypeError where an answer is not GitLab's."""
    if type(value) is not int:
        raise TypeError("a number is missing")
    return value


def pull_request(data: Any) -> PullRequest:
    """A merge request; the head of a fork's reads `author:branch`."""
    head = text(data["source_branch"])
    # A fork's branch may have the name of ours; a colon, which no branch name has, distinguishes the two.
    if data["source_project_id"] != number(data["target_project_id"]):
        head = f"{(data['author'] or {}).get('username', 'unknown')}:{head}"
    return PullRequest(
        number=number(data["iid"]),
        url=text(data["web_url"]),
        title=text(data["title"]),
        body=_NO_ORDER.sub(r"\1/", data["description"] or ""),
        head=head,
        base=text(data["target_branch"]),
        # None without a single commit.
        head_commit=text(data["sha"]) if data["sha"] is not None else "",
        state=_STATES[text(data["state"])],
    )


def waits(data: Any, commit: str) -> bool | None:
    """Whether an automatic merge has something to wait for; None if GitLab does not know yet.

    If there is nothing to wait for, GitLab merges at once, or refuses.
    """
    pipeline = data.get("head_pipeline") or {}
    if pipeline.get("status") in _RUNNING and (
        pipeline["sha"] == commit or _MERGED_RESULT.fullmatch(pipeline["ref"])
    ):
        return True
    status = status_of(data)
    return None if status in TRANSIENT else status not in ("mergeable", "can_be_merged", "")


def since(versions: Iterable[Any], commit: str) -> datetime | None:
    """When `commit` became the head of a merge request; None if it is not the head."""
    newest = max(versions, key=lambda one: number(one["id"]), default=None)
    if newest is None or text(newest["head_commit_sha"]) != commit:
        return None
    return datetime.fromisoformat(text(newest["created_at"]))


def approvers(given: Any, start: datetime) -> list[tuple[int, str]]:
    """Number and name of each person who has approved after `start`; raises Refused where GitLab gives no times."""
    found = []
    for one in given["approved_by"]:
        # Since https://gitlab.com/gitlab-org/gitlab/-/merge_requests/204605
        if not one.get("approved_at"):
            raise Refused(0, NO_TIMES)
        if datetime.fromisoformat(text(one["approved_at"])) > start:
            found.append((number(one["user"]["id"]), text(one["user"]["username"])))
    return found


def statuses(given: Iterable[Any]) -> dict[str, Status]:
    """The newest job or external status of each name; one that may fail is a success however it ended."""
    newest = sorted(given, key=lambda one: number(one["id"]))
    return {text(one["name"]): _status(text(one["status"]), bool(one["allow_failure"])) for one in newest}


def _status(status: str, may_fail: bool) -> Status:
    if status == "success":
        return "success"
    if status in _RUNNING:
        return "pending"
    if may_fail:
        return "success"
    # A job that waits for a person blocks its pipeline. A skipped one has not run, because an earlier one failed.
    return "pending" if status == "manual" else "failure"
