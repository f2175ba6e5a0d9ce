# METADATA
# title: Volume claims match the table
# description: |
#   The table `storage` lists the size, class and retention of the claims of each StatefulSet in a namespace. Sizes are
#   compared by value. If anything runs in the namespace, every claim of the table must be rendered.
# custom:
#   id: storage.table
#   profile: system
#   subjects: apps/StatefulSet
#   severity: high
#   fix: "set the size, class and retention of the table in the overlay, or change the table in the same pull request"
package rules.storage.table

import data.lib.finding
import data.lib.pods
import data.lib.resource_quantity
import data.lib.values
import data.lib.volume_claims

deny contains found if {
	some namespace in pods.namespaces
	some workload, rows in data.storage[namespace]
	some name, _ in rows
	not _exists(namespace, workload, name)
	found := finding.about_namespace(namespace, {
		"msg": sprintf("the table `storage` lists claim %s of %s, which is not rendered", [name, workload]),
		"fix": "render the claim, or remove it from policies/data/storage.yaml",
		"path": "",
	})
}

deny contains found if {
	some claim in volume_claims.templates
	row := data.storage[claim.resource.namespace][claim.resource.name][claim.name]
	differences := _differences(claim, row)
	path := differences[0][1]
	found := finding.about(claim.resource, {
		"msg": sprintf("claim %s differs from the table `storage`: %s", [
			claim.name,
			concat(", ", [text | some [text, _] in differences]),
		]),
		"fix": sprintf("size %v, class %v, %v", [row.size, row.class, row.retention]),
		"path": path,
	})
}

_exists(namespace, workload, name) if {
	some claim in volume_claims.templates
	claim.name == name
	claim.resource.name == workload
	claim.resource.namespace == namespace
}

# The differences with the path of each.
_differences(claim, row) := sort((({[difference, sprintf("%s/spec/resources/requests/storage", [claim.path])] |
	size := values.at(claim.content, ["spec", "resources", "requests", "storage"])
	not resource_quantity.are_equal(size, row.size)
	difference := sprintf("size is %v instead of %v", [size, row.size])
} | {[difference, sprintf("%s/spec/storageClassName", [claim.path])] |
	class := values.at(claim.content, ["spec", "storageClassName"])
	class != row.class
	difference := sprintf("class is %v instead of %v", [class, row.class])
}) | {[difference, sprintf("/spec/persistentVolumeClaimRetentionPolicy/%s", [when])] |
	some when in ["whenDeleted", "whenScaled"]
	retention := values.at(claim.resource.content, ["spec", "persistentVolumeClaimRetentionPolicy", when])
	retention != row.retention
	difference := sprintf("%s is %v instead of %v", [when, retention, row.retention])
}))
