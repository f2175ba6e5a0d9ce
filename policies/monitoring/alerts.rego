# METADATA
# title: The alerts of the table are there
# description: |
#   An alert that was left out, asks for more or waits longer is missed by nobody until it is needed. The table
#   `alerts` states, for a namespace, each alert with its threshold, its duration and its severity; every alert of the
#   rule files says where its runbook is.
# custom:
#   id: monitoring.alerts
#   profile: system
#   subjects: [ConfigMap, namespaces]
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
	count(_named(namespace, name)) == 0
	said := {
		"msg": sprintf("there is no alert %s, which asks %s", [name, row.threshold]),
		"fix": sprintf("add the alert %s to a rule file, or take it out of policies/data/alerts.yaml", [name]),
	}
	found := _absent(_files(namespace), namespace, said)
}

deny contains found if {
	some alert in _alerts
	row := data.alerts[alert.file.config.namespace].rules[alert.content.alert]
	differences := _differences(alert.content, row)
	count(differences) > 0
	found := _about_alert(alert, {
		"msg": sprintf("the alert %s differs from the table: %s", [alert.content.alert, concat(", ", differences)]),
		"fix": sprintf("write %s, or change its row in policies/data/alerts.yaml", [_written(row)]),
	})
}

deny contains found if {
	some alert in _alerts
	key := data.alerts[alert.file.config.namespace].runbook
	values.text(values.at(alert.content, ["annotations", key])) == ""
	found := _about_alert(alert, {
		"msg": sprintf("the alert %s has no annotation %s", [alert.content.alert, key]),
		"fix": sprintf("annotations: {%s: …} in the alert", [key]),
	})
}

# What is missing belongs into a rule file, where there is one, or else somewhere into the namespace.
_absent([], namespace, said) := finding.about_namespace(namespace, object.union(said, {"path": ""}))

_absent(files, _, said) := _about(files[0], said)

_about(file, said) := finding.about(file.config, object.union(
	{"fix": said.fix, "path": file.path},
	{"msg": sprintf("%s: %s", [file.key, said.msg])},
))

# The path goes on into the text, to the alert in it.
_about_alert(alert, said) := _about(object.union(alert.file, {"path": concat("", [alert.file.path, alert.path])}), said)

_differences(alert, row) := array.concat(
	[sprintf("expr does not ask %s", [row.threshold]) |
		not _asks(values.text(values.at(alert, ["expr"])), row.threshold)
	],
	[sprintf("%s is %v instead of %v", [what, found, expected]) |
		some what, path in {"for": ["for"], "severity": ["labels", "severity"]}
		found := values.at(alert, path)
		expected := object.get(row, what, null)
		found != expected
	],
)

_written(row) := concat(", ", sort([sprintf("%s: %v", [key, value]) | some key, value in row]))

_named(namespace, name) := [alert |
	some alert in _alerts
	alert.file.config.namespace == namespace
	alert.content.alert == name
]

# Whether the expression has the threshold in it, and not one that only begins alike: 0.8 is not 0.85.
_asks(expression, threshold) if {
	written := regex.replace(expression, `\s+`, " ")
	some index, after in split(written, threshold)
	index > 0
	not regex.match(`^[0-9.]`, after)
}

_files(namespace) := [file | some file in _rule_files; file.config.namespace == namespace]

# Every rule file that a ConfigMap holds.
_rule_files := [{"config": config, "key": key, "path": sprintf("/data/%s", [key]), "text": text} |
	some config in documents.of("", "ConfigMap")
	some key, text in values.map(values.at(config.content, ["data"]))
	regex.match(`^[a-zA-Z0-9._-]+\.rules\.ya?ml$`, key)
	yaml.is_valid(text)
]

# Every rule of them; one that only records has no name of an alert and so matches nothing.
_alerts := [{"content": content, "file": file, "path": sprintf("/groups/%d/rules/%d", [place, index])} |
	some file in _rule_files
	some place, group in values.list(values.at(yaml.unmarshal(file.text), ["groups"]))
	some index, content in values.list(values.at(group, ["rules"]))
]
