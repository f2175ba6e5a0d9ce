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
deny contains _about(rule, said) if {
	some rule

	# regal ignore:mixed-iteration
	some said in data.change[rule].deny
}

# METADATA
# description: Warnings.
# entrypoint: true
warn contains _about(rule, said) if {
	some rule

	# regal ignore:mixed-iteration
	some said in data.change[rule].warn
}

_about(rule, said) := object.union(finding.about_target(said), {"rule": concat(".", ["change", rule])})
