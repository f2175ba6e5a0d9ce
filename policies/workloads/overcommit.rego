# METADATA
# title: Limits are not far above requests
# description: |
#   The scheduler places pods by their requests. If limits are many times higher, the pods on a node can together need
#   more than the node has. Then CPU is throttled, and containers are killed for memory. The table `overcommit` sets the
#   allowed ratio of limit to request per namespace.
# custom:
#   id: workloads.overcommit
#   profile: system
#   subjects: containers
#   severity: low
#   fix: "raise the request to the real usage, or lower the limit"
#   docs: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#requests-and-limits
package rules.workloads.overcommit

import data.lib.effective_resources
import data.lib.finding
import data.lib.pods
import data.lib.values

warn contains found if {
	some container in pods.containers
	container.list != "ephemeralContainers"
	namespace := container.pod.resource.namespace
	some name, most in data.overcommit[namespace]
	resources := values.map(values.at(container.content, ["resources"]))
	limit := effective_resources.of_container(namespace, resources, "limits", name)
	request := effective_resources.of_container(namespace, resources, "requests", name)

	# In thousandths, to avoid rounding errors of decimal fractions.
	round(limit * 1000) > round((request * most) * 1000)
	found := finding.about_container(container, {
		"msg": sprintf("may use %v times the %s that it requests; the table allows %v", [
			round((limit * 10) / request) / 10,
			name,
			most,
		]),
		"fix": sprintf("raise requests.%s, or lower limits.%s", [name, name]),
		"path": "/resources",
	})
}
