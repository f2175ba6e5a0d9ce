# METADATA
# title: Limits are no dream of requests
# description: |
#   The scheduler fills a node by requests. Where limits are many times these, pods that take what they may leave none
#   for their neighbours: CPU is throttled, and for memory somebody is killed. The table `overcommit` states, for a
#   namespace, how many times its request a limit may be.
# custom:
#   id: workloads.overcommit
#   profile: system
#   subjects: containers
#   severity: low
#   fix: "raise the request to what the program really takes, or lower the limit"
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

	# In thousandths, so that a tenth of ten is one, as it is on paper.
	round(limit * 1000) > round((request * most) * 1000)
	found := finding.about_container(container, {
		"msg": sprintf("may take %v times the %s that it requests, and the table allows %v", [
			round((limit * 10) / request) / 10,
			name,
			most,
		]),
		"fix": sprintf("raise requests.%s, or lower limits.%s", [name, name]),
		"path": "/resources",
	})
}
