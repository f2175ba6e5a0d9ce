"""What the API server asks of Jobs and CronJobs beyond their schemas: k8s.io/kubernetes/pkg/apis/batch/validation."""

from __future__ import annotations

from promote.api.forms import (
    CRON,
    INDEXES,
    NOT_NEGATIVE,
    QUALIFIED,
    SOME,
    Schema,
    differs,
    equals,
    every,
    filled,
    has,
    optional,
    refuse,
    require,
    some,
    within,
)

_API = "io.k8s.api.batch.v1."

FIELDS: dict[str, dict[str, Schema]] = {
    f"{_API}CronJobSpec": {
        "failedJobsHistoryLimit": NOT_NEGATIVE,
        "startingDeadlineSeconds": NOT_NEGATIVE,
        "successfulJobsHistoryLimit": NOT_NEGATIVE,
        "schedule": CRON,
    },
    f"{_API}JobSpec": {
        "activeDeadlineSeconds": NOT_NEGATIVE,
        "backoffLimit": NOT_NEGATIVE,
        "backoffLimitPerIndex": NOT_NEGATIVE,
        "completions": NOT_NEGATIVE,
        "maxFailedIndexes": NOT_NEGATIVE,
        "parallelism": NOT_NEGATIVE,
        "ttlSecondsAfterFinished": NOT_NEGATIVE,
    },
    f"{_API}PodFailurePolicyOnPodConditionsPattern": {
        "status": optional({"enum": ["False", "True", "Unknown", None]}),
        "type": QUALIFIED,
    },
    f"{_API}PodFailurePolicyOnExitCodesRequirement": {"values": SOME},
    f"{_API}SuccessPolicy": {"rules": SOME},
    f"{_API}SuccessPolicyRule": {"succeededCount": NOT_NEGATIVE, "succeededIndexes": INDEXES},
}

CONFLICTS: dict[str, list[Schema]] = {
    f"{_API}CronJobSpec": [
        refuse(
            within("jobTemplate", within("spec", equals("manualSelector", True))), "a CronJob has no manualSelector"
        ),
    ],
    f"{_API}JobSpec": [
        refuse(every(equals("manualSelector", True), {"not": has("selector")}), "manualSelector needs a selector"),
        refuse(
            every(equals("completionMode", "Indexed"), {"not": has("completions")}),
            "completionMode: Indexed needs completions",
        ),
        refuse(
            every(
                differs("completionMode", "Indexed"),
                some(*map(has, ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"))),
            ),
            "backoffLimitPerIndex, maxFailedIndexes and successPolicy need completionMode: Indexed",
        ),
        refuse(
            every(has("maxFailedIndexes"), {"not": has("backoffLimitPerIndex")}),
            "maxFailedIndexes needs backoffLimitPerIndex",
        ),
        refuse(
            every(
                has("podFailurePolicy"), {"not": within("template", within("spec", equals("restartPolicy", "Never")))}
            ),
            "podFailurePolicy needs restartPolicy: Never",
        ),
        refuse(
            every(has("podFailurePolicy"), equals("podReplacementPolicy", "TerminatingOrFailed")),
            "podFailurePolicy needs podReplacementPolicy: Failed",
        ),
    ],
    f"{_API}PodFailurePolicyOnExitCodesRequirement": [
        refuse(
            every(equals("operator", "In"), within("values", {"contains": {"const": 0}})),
            "the operator In does not take the exit code 0",
        ),
    ],
    f"{_API}SuccessPolicyRule": [
        require(some(has("succeededCount"), has("succeededIndexes")), "needs succeededCount or succeededIndexes"),
    ],
    f"{_API}PodFailurePolicyRule": [
        require(
            {"oneOf": [has("onExitCodes"), filled("onPodConditions")]},
            "a rule needs either onExitCodes or onPodConditions",
        ),
    ],
}
