package rules.monitoring.alerts_test

import data.lib.assert_test as assert
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

_target(alert) := _with_files({"cart.rules.yml": _file(alert)})

_file(alert) := yaml.marshal({"groups": [{"name": "cart", "rules": [alert, {"record": "a"}]}]})

_with_files(files) := array.concat(
	examples.deployment({}),
	examples.combined([examples.resource("v1", "ConfigMap", "rules", {"data": files})]),
)

test_accepts_the_table if {
	assert.none(alerts.deny) with input as _target(_alert) with data.alerts as _table
}

test_accepts_what_has_no_table if {
	assert.none(alerts.deny) with input as _target({}) with data.alerts as {}
}

test_denies_a_missing_alert if {
	every alert in [{}, object.union(_alert, {"alert": "Other"})] {
		assert.messages(alerts.deny, {
			"ConfigMap/rules: cart.rules.yml: the alert CartDown with threshold < 0.8 is missing",
		}) with input as _target(alert) with data.alerts as _table
	}
}

test_denies_in_the_namespace_where_there_is_no_rule_file if {
	assert.messages(alerts.deny, {
		"Namespace/shop: the alert CartDown with threshold < 0.8 is missing",
	}) with input as examples.deployment({}) with data.alerts as _table
}

test_denies_where_no_file_is_a_rule_file if {
	every files in [{"cart.yml": _file(_alert)}, {"cart.rules.yml": "groups: ["}] {
		assert.messages(alerts.deny, {
			"Namespace/shop: the alert CartDown with threshold < 0.8 is missing",
		}) with input as _with_files(files) with data.alerts as _table
	}
}

test_denies_what_only_another_namespace_has if {
	elsewhere := object.union(_target(_alert)[1].contents, {"metadata": {"namespace": "else"}})
	assert.messages(alerts.deny, {
		"Namespace/shop: the alert CartDown with threshold < 0.8 is missing",
	}) with input as array.concat(examples.deployment({}), examples.combined([elsewhere])) with data.alerts as _table
}

test_denies_another_threshold if {
	every expr in ["up < 0.85", "up < 0.805", "up < 0.8.1", "up > 0.8"] {
		assert.messages(alerts.deny, {
			"ConfigMap/rules: cart.rules.yml: the alert CartDown differs from the table `alerts`: expr does not contain < 0.8",
		}) with input as _target(object.union(_alert, {"expr": expr})) with data.alerts as _table
	}
}

test_denies_another_duration_or_severity if {
	slower := object.union(_alert, {"for": "10m", "labels": {"severity": "warning"}})
	found := alerts.deny with input as _target(slower) with data.alerts as _table
	assert.messages(found, {concat("", [
		"ConfigMap/rules: cart.rules.yml: the alert CartDown differs from the table `alerts`: ",
		"for is 10m instead of 1m, severity is warning instead of critical",
	])})
	assert.same({each.fix | some each in found}, {concat("", [
		"set for: 1m, severity: critical, threshold: < 0.8, ",
		"or change the entry in policies/data/alerts.yaml",
	])})
}

test_denies_an_alert_without_a_runbook if {
	found := alerts.deny with input as _target(object.remove(_alert, ["annotations"])) with data.alerts as _table
	assert.messages(found, {"ConfigMap/rules: cart.rules.yml: the alert CartDown does not have the annotation runbook"})
	assert.same({each.path | some each in found}, {"/data/cart.rules.yml/groups/0/rules/0"})
}
