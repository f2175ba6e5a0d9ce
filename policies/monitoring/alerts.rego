# METADATA
# title: Alerts match the table
# description: |
#   Nobody notices a missing or weakened alert until it is needed. The table `alerts` lists each alert of a namespace
#   with its threshold, duration and severity. Every alert in the rule files needs a link to its runbook.
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
	body := {
		"msg": sprintf("the alert %s with threshold %s is missing", [name, row.threshold]),
		"fix": sprintf("add the alert %s to a rule file, or remove it from policies/data/alerts.yaml", [name]),
	}
	found := _absent(_files(namespace), namespace, body)
}

deny contains found if {
	some alert in _alerts
	row := data.alerts[alert.file.config.namespace].rules[alert.content.alert]
	differences := _differences(alert.content, row)
	count(differences) > 0
	found := _about_alert(alert, {
		"msg": sprintf("the alert %s differs from the table `alerts`: %s", [alert.content.alert, concat(", ", differences)]),
		"fix": sprintf("set %s, or change the entry in policies/data/alerts.yaml", [_written(row)]),
	})
}

deny contains found if {
	some alert in _alerts
	key := data.alerts[alert.file.config.namespace].runbook
	values.text(values.at(alert.content, ["annotations", key])) == ""
	found := _about_alert(alert, {
		"msg": sprintf("the alert %s does not have the annotation %s", [alert.content.alert, key]),
		"fix": sprintf("annotations: {%s: …} in the alert", [key]),
	})
}

# A missing alert is reported for the first rule file, or for the namespace if there is no rule file.
_absent([], namespace, body) := finding.about_namespace(namespace, object.union(body, {"path": ""}))

_absent(files, _, body) := _about(files[0], body)

_about(file, body) := finding.about(file.config, object.union(
	{"fix": body.fix, "path": file.path},
	{"msg": sprintf("%s: %s", [file.key, body.msg])},
))

# The path continues into the text of the ConfigMap, to the alert.
_about_alert(alert, body) := _about(object.union(alert.file, {"path": concat("", [alert.file.path, alert.path])}), body)

_differences(alert, row) := array.concat(
	[sprintf("expr does not contain %s", [row.threshold]) |
		not _has_threshold(values.text(values.at(alert, ["expr"])), row.threshold)
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

# Whether the expression contains exactly this threshold: 0.85 does not match 0.8.
_has_threshold(expression, threshold) if {
	written := regex.replace(expression, `\s+`, " ")
	some index, after in split(written, threshold)
	index > 0
	not regex.match(`^[0-9.]`, after)
}

_files(namespace) := [file | some file in _rule_files; file.config.namespace == namespace]

# The rule files in ConfigMaps.
_rule_files := [{"config": config, "key": key, "path": sprintf("/data/%s", [key]), "text": text} |
	some config in documents.of("", "ConfigMap")
	some key, text in values.map(values.at(config.content, ["data"]))
	regex.match(`^[a-zA-Z0-9._-]+\.rules\.ya?ml$`, key)
	yaml.is_valid(text)
]

# The rules in these files. Recording rules have no `alert`, so they match no alert of the table.
_alerts := [{"content": content, "file": file, "path": sprintf("/groups/%d/rules/%d", [place, index])} |
	some file in _rule_files
	some place, group in values.list(values.at(yaml.unmarshal(file.text), ["groups"]))
	some index, content in values.list(values.at(group, ["rules"]))
]
