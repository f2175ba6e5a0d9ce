"""What GitLab's failures mean: the message for the user, and whether to try again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from promote.errors import Blocked, NetworkError, PromoteError, RaceLost, UsageError
from promote.forge.json_api import Refused
from promote.forge.json_forge import Failures
from promote.forge.protocol import UPDATE

NOTHING_TO_WAIT_FOR = "auto-merge has nothing to wait for"
STILL_CHECKED = "GitLab still checks whether it can be merged"
LAGS = "GitLab has not noticed yet that its branch was pushed"
MOVED = "its branch has moved"
MAY_NOT_MERGE = "the owner of the token may not merge into"
METHOD = "the project"
NO_TIMES = "GitLab does not say when it was approved"
# States that pass by themselves: https://docs.gitlab.com/api/merge_requests/#merge-status
TRANSIENT = ("unchecked", "checking", "preparing", "approvals_syncing", "cannot_be_merged_recheck")
# Nobody waits for these.
HOPELESS = ("conflict", "need_rebase", "commits_status", "not_open", "cannot_be_merged")
# The other values there, in other words. One that is missing here is shown as it is.
_STATUSES = {
    "ci_must_pass": "its pipeline must succeed",
    "ci_still_running": "its pipeline still runs",
    "commits_status": "its branch is missing or has no commits",
    "conflict": "it has conflicts with its base branch",
    "discussions_not_resolved": "its threads must be resolved",
    "draft_status": "it is a draft",
    "external_status_checks": "external status checks must pass",
    "jira_association_missing": "it must name a Jira issue",
    "locked_lfs_files": "somebody has locked LFS files that it changes",
    "locked_paths": "somebody has locked paths that it changes",
    "merge_request_blocked": "another merge request must be merged first",
    "merge_time": "it may be merged only later",
    "need_rebase": "it must be rebased onto its base branch",
    "not_approved": "it must be approved",
    "not_open": "it is not open",
    "requested_changes": "a reviewer has requested changes",
    "security_policy_pipeline_check": "all of its pipelines must succeed",
    "security_policy_violations": "it violates a security policy",
    "status_checks_must_pass": "external status checks must pass",
    "title_regex": "its title must match the pattern of the project",
}
# A pattern for the status and the reason, the error, and the advice. The first match counts.
_REFUSALS: tuple[tuple[str, type[PromoteError], str], ...] = (
    (r"401 ", UsageError, "the token in {variable} is wrong, revoked or expired"),
    (rf"403 {MAY_NOT_MERGE}", Blocked, "let somebody merge who may, or allow it for the protected branch"),
    (r"403 ", UsageError, "the token in {variable} needs the scope 'api', and its owner at least the role Developer"),
    (r"404 ", UsageError, "it does not exist, or the token in {variable} may not read it"),
    (r"405 .*moved projects", UsageError, "the project has moved: set the remote to its new address"),
    (r"409 .*already exists", NetworkError, "GitLab does not list it yet: run the same command again"),
    (rf"409 {LAGS}", NetworkError, "run the same command again"),
    (r"409 ", RaceLost, "the branch has moved: run the same command again"),
    (rf"405 {STILL_CHECKED}", Blocked, "try again in a minute"),
    (rf"405 {NOTHING_TO_WAIT_FOR}", Blocked, "merge it now, or require a pipeline or approvals in the project"),
    (rf"0 {METHOD}", UsageError, "set `forge: {{merge: …}}` in promote.yaml, or the project's merge method"),
    (rf"0 {NO_TIMES}", UsageError, "so no approval counts: a newer GitLab does"),
    (r"405 .*(conflict|rebased)", Blocked, UPDATE),
    (r"405 |406 |422 .*cannot be merged", Blocked, "meet GitLab's requirements and try again"),
    (r"422 |400 .*branch", UsageError, "check that its branches are pushed and differ"),
    (r"", NetworkError, "run the same command again"),
)
# Passing states: what GitLab does after a push, or has not listed yet.
_PASSING = re.compile(rf"409 .*already exists|409 {LAGS}|405 {STILL_CHECKED}", re.IGNORECASE)
# The work may be done already: by another run, or by our own request whose answer was lost.
_DONE = re.compile(r"405 (?!.*moved projects)|406 |409 .*already exists|422 .*cannot be merged", re.IGNORECASE)


def reason(data: Mapping[str, Any]) -> str:
    """GitLab's reason for a refusal: a text, a list, or an object with lists of problems per field."""
    told = data.get("message") or [data.get("error"), data.get("error_description")]
    return ". ".join(_texts(told))


def _texts(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        for field, problems in told.items():
            yield f"{field} {', '.join(_texts(problems))}"
    elif isinstance(told, list):
        for one in told:
            yield from _texts(one)
    elif told:
        yield str(told)


def status_of(data: Mapping[str, Any]) -> str:
    """Whether a merge request can be merged, as GitLab says; before version 15.6 it says less."""
    return str(data.get("detailed_merge_status") or data.get("merge_status") or "")


def unmergeable(data: Mapping[str, Any], refused: Refused) -> Refused:
    """Why GitLab has refused to merge, which its answer does not say: from the merge request, read again."""
    status = status_of(data)
    if status in TRANSIENT:
        return Refused(HTTPStatus.METHOD_NOT_ALLOWED, STILL_CHECKED)
    known = "" if status in ("mergeable", "can_be_merged") else _STATUSES.get(status, status)
    said = ". ".join(filter(None, (known, data.get("merge_error"))))
    return Refused(HTTPStatus.METHOD_NOT_ALLOWED, said or refused.message)


FAILURES = Failures("GitLab", _REFUSALS, _PASSING, _DONE)
