# METADATA
# title: Autoscalers match the table
# description: |
#   The table `autoscaling` sets the limits, the CPU and memory utilization and the scaling speed of each workload in a
#   namespace. The rule checks HorizontalPodAutoscalers and ScaledObjects. If anything runs in the namespace, every
#   workload of the table must have an autoscaler. The minimum may be higher than that of the table, because
#   `promote scale` raises it for a time.
# custom:
#   id: autoscaling.table
#   profile: system
#   subjects: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   severity: medium
#   fix: "write the values of the table in the overlay, or change the table in the same pull request"
package rules.autoscaling.table

import data.lib.finding
import data.lib.pods
import data.lib.scaling

deny contains found if {
	some namespace in pods.namespaces
	some workload, _ in data.autoscaling[namespace]
	not _is_scaled(namespace, workload)
	found := finding.about_namespace(namespace, {
		"msg": sprintf("the table `autoscaling` lists %s, which has no autoscaler", [workload]),
		"fix": "render its autoscaler, or remove it from policies/data/autoscaling.yaml",
		"path": "",
	})
}

deny contains found if {
	some scaler in scaling.scalers
	row := data.autoscaling[scaler.resource.namespace][scaler.target.name]
	differences := [[difference, object.get(scaler, sprintf("%s_path", [field]), "/spec")] |
		some field, wanted in row
		not _is_said(scaler, field, wanted)
		difference := sprintf("%s is %s %s", [field, object.get(_relations, field, "not"), json.marshal(wanted)])
	]
	found := finding.about(scaler.resource, {
		"msg": sprintf("differs from the table `autoscaling`: %s", [concat("; ", [text | some [text, _] in differences])]),
		"fix": "write the values of the table, or change the table in the same pull request",
		"path": differences[0][1], # undefined where nothing differs
	})
}

# What a difference from the table is, unless it is any difference.
_relations := {"least": "below"}

_is_scaled(namespace, workload) if {
	some scaler in scaling.scalers
	scaler.target.name == workload
	scaler.resource.namespace == namespace
}

_is_said(scaler, field, wanted) if scaler[field] == wanted

_is_said(scaler, "least", wanted) if scaler.least > wanted

_is_said(scaler, field, wanted) if scaler.behavior[field] == wanted

_is_said(scaler, field, wanted) if {
	shares := {share | some [name, share] in scaler.utilization; name == field}
	shares == {wanted}
}
