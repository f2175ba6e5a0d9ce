# METADATA
# title: All rules about a change
# description: |
#   The entry point for what the rendered manifests do not show: the versions that a change moves. Its input is one
#   object, the promotion; policies/README.md names the fields. What is not known is null, and no rule guesses.
package changes

import data.lib.finding

# METADATA
# description: What must not be merged.
# entrypoint: true
deny contains _about(rule, said) if {
	some rule

	# regal ignore:mixed-iteration
	some said in data.change[rule].deny
}

# METADATA
# description: What should be looked at.
# entrypoint: true
warn contains _about(rule, said) if {
	some rule

	# regal ignore:mixed-iteration
	some said in data.change[rule].warn
}

_about(rule, said) := object.union(finding.about_target(said), {"rule": concat(".", ["change", rule])})
