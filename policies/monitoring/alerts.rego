# METADATA
# title: The alerts of the table are there
# description: |
#   An alert that was left out, asks for more or waits longer is missed by nobody until it is needed. The table
#   `alerts` states, for a namespace, each alert with its threshold, its duration and its severity; every alert of the
#   rule files says where its runbook is.
# custom:
#   id: monitoring.alerts
#   profile: system
#   subjects: namespaces
#   severity: high
#   fix: "restore the alert in the rule file, or change the table in the same pull request"
#   docs: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
package rules.monitoring.alerts

import data.lib.documents
import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some namespace in pods.namespaces
	some name, row in data.alerts[namespace].rules
	fault := _fault(namespace, name, row)
	found := finding.about_namespace(namespace, {
		"msg": fault,
		"fix": "restore the alert in the rule file, or change policies/data/alerts.yaml in the same pull request",
		"path": "",
	})
}

deny contains found if {
	some alert in _alerts
	key := data.alerts[alert.namespace].runbook
	values.text(values.at(alert.content, ["annotations", key])) == ""
	found := finding.about_namespace(alert.namespace, {
		"msg": sprintf("the alert %s has no annotation %s", [alert.content.alert, key]),
		"fix": sprintf("annotations: {%s: …}", [key]),
		"path": "",
	})
}

_fault(namespace, name, _) := sprintf("there is no alert %s", [name]) if not _named(namespace, name)

_fault(namespace, name, row) := sprintf("the alert %s no longer asks %s", [name, row.threshold]) if {
	alert := _named(namespace, name)
	not _asks(values.text(values.at(alert, ["expr"])), row.threshold)
}

_fault(namespace, name, row) := sprintf("the alert %s differs in %s", [name, concat(", ", different)]) if {
	alert := _named(namespace, name)
	_asks(values.text(values.at(alert, ["expr"])), row.threshold)
	different := sort({what |
		some what, path in {"for": ["for"], "severity": ["labels", "severity"]}
		object.get(row, what, null) != values.at(alert, path)
	})
	count(different) > 0
}

_named(namespace, name) := alert.content if {
	some alert in _alerts
	alert.namespace == namespace
	alert.content.alert == name
}

# Whether the expression has the threshold in it, and not one that only begins alike: 0.8 is not 0.85.
_asks(expression, threshold) if {
	written := regex.replace(expression, `\s+`, " ")
	some index, after in split(written, threshold)
	index > 0
	not regex.match(`^[0-9.]`, after)
}

# Every alert in a rule file that a ConfigMap holds.
_alerts := [{"content": content, "namespace": config.namespace} |
	some config in documents.of("", "ConfigMap")
	some key, text in values.map(values.at(config.content, ["data"]))
	regex.match(`\.rules\.ya?ml$`, key)
	yaml.is_valid(text)
	some group in values.list(values.at(yaml.unmarshal(text), ["groups"]))
	some content in values.list(values.at(group, ["rules"]))
	is_string(content.alert)
]
