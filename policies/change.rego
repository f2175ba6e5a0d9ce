# METADATA
# title: All rules about a change
# description: |
#   The entry point for rules about the versions that a change moves, which rendered manifests do not show. The input is
#   one object, the change. policies/README.md describes its fields. Unknown values are null, and rules do not guess
#   them.
package changes

import data.lib.finding

# METADATA
# description: Denials.
# entrypoint: true
deny contains _about(rule, body) if {
	some rule

	# regal ignore:mixed-iteration
	some body in data.change[rule].deny
}

# METADATA
# description: Warnings.
# entrypoint: true
warn contains _about(rule, body) if {
	some rule

	# regal ignore:mixed-iteration
	some body in data.change[rule].warn
}

_about(rule, body) := object.union(finding.about_target(body), {"rule": concat(".", ["change", rule])})
