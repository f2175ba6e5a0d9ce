# METADATA
# title: All rules
# description: The entry point. lib.verdict collects the findings of the rules.
package main

import data.evaluation
import data.lib.verdict

# METADATA
# description: Denials.
# entrypoint: true
deny contains found if {
	not _told_elsewhere
	some found in verdict.denied
}

# METADATA
# description: Warnings.
# entrypoint: true
warn contains found if {
	not _told_elsewhere
	some found in verdict.warned
}

# conftest evaluates `deny`, `warn` and the package evaluation separately, without a shared cache. If promote asks for
# it, the package evaluation reports everything in one pass.
_told_elsewhere if {
	data.target.once
	evaluation.tells_findings
}
