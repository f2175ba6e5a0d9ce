# METADATA
# title: Strictness
# description: Turns warnings of a rule into denials, according to the table `strict`.
package lib.strictness

# The findings in namespaces for which the table lists the matter.
denied(matter, findings) := {found |
	some found in findings
	matter in data.strict[found.resource.namespace]
}

warned(matter, findings) := {found | some found in findings} - denied(matter, findings)
