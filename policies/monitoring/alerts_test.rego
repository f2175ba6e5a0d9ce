package rules.monitoring.alerts_test

import data.lib.examples_test as examples
import data.rules.monitoring.alerts

_alert := {
	"alert": "CartDown",
	"annotations": {"runbook": "docs/runbook.md"},
	"expr": "up{job=\"cart\"}\n  < 0.8",
	"for": "1m",
	"labels": {"severity": "critical"},
}

_table := {"shop": {
	"runbook": "runbook",
	"rules": {"CartDown": {"threshold": "< 0.8", "for": "1m", "severity": "critical"}},
}}

_target(alert) := array.concat(examples.deployment({}), examples.combined([examples.resource(
	"v1",
	"ConfigMap",
	"rules",
	{"data": {"cart.rules.yml": yaml.marshal({"groups": [{"name": "cart", "rules": [alert, {"record": "a"}]}]})}},
)]))

test_accepts_the_table if {
	count(alerts.deny) == 0 with input as _target(_alert) with data.alerts as _table
}

test_accepts_what_has_no_table if {
	count(alerts.deny) == 0 with input as _target({}) with data.alerts as {}
}

test_denies_a_missing_alert if {
	every alert in [{}, object.union(_alert, {"alert": "Other"})] {
		"Namespace/shop: there is no alert CartDown" in examples.messages(alerts.deny) with input as _target(alert)
			with data.alerts as _table
	}
}

test_denies_another_threshold if {
	every expr in ["up < 0.85", "up < 0.8.1", "up > 0.8"] {
		examples.messages(alerts.deny) == {
			"Namespace/shop: the alert CartDown no longer asks < 0.8",
		} with input as _target(object.union(_alert, {"expr": expr})) with data.alerts as _table
	}
}

test_denies_another_duration_or_severity if {
	slower := object.union(_alert, {"for": "10m", "labels": {"severity": "warning"}})
	examples.messages(alerts.deny) == {
		"Namespace/shop: the alert CartDown differs in for, severity",
	} with input as _target(slower) with data.alerts as _table
}

test_denies_an_alert_without_a_runbook if {
	examples.messages(alerts.deny) == {
		"Namespace/shop: the alert CartDown has no annotation runbook",
	} with input as _target(object.remove(_alert, ["annotations"])) with data.alerts as _table
}
