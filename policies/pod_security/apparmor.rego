# METADATA
# title: AppArmor stays enabled
# description: |
#   A node with AppArmor confines containers by default. A pod or container may select another profile of the node, with
#   the field or the older annotation. It may not disable AppArmor.
# custom:
#   id: workloads.apparmor
#   profile: baseline
#   general: warn
#   subjects: pods
#   severity: medium
#   fix: "remove appArmorProfile and its annotation, or set its type to RuntimeDefault or Localhost"
#   docs: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
package rules.pod_security.apparmor

import data.lib.finding
import data.lib.pods
import data.lib.values

deny contains found if {
	some context in pods.contexts
	profile := values.at(context.settings, ["appArmorProfile"])
	profile != null
	not values.at(profile, ["type"]) in {"Localhost", "RuntimeDefault"}
	found := finding.about_holder(context.holder, {
		"msg": sprintf("sets the AppArmor profile %v", [values.at(profile, ["type"])]),
		"fix": "remove appArmorProfile, or set its type to RuntimeDefault or Localhost",
		"path": "/securityContext/appArmorProfile",
	})
}

deny contains found if {
	some pod in pods.templates
	some key, profile in pod.annotations
	startswith(key, "container.apparmor.security.beta.kubernetes.io/")
	not regex.match(`^(|runtime/default|localhost/.*)$`, values.text(profile))
	found := finding.about(pod.resource, {
		"msg": sprintf("an annotation of the pod sets the AppArmor profile %v", [profile]),
		"fix": sprintf("remove the annotation %s", [key]),
		"path": "",
	})
}
