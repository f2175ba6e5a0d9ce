# METADATA
# title: Strictness
# description: Where a rule denies what it only warns of elsewhere, by the table `strict`.
package lib.strictness

# The findings, by whether the namespace of their resource is strict about the matter.
denied(matter, findings) := {found |
	some found in findings
	matter in data.strict[found.resource.namespace]
}

warned(matter, findings) := {found | some found in findings} - denied(matter, findings)
