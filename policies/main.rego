# METADATA
# title: All rules
# description: The one entry point; lib.verdict gathers what the rules found.
package main

import data.evaluation
import data.lib.verdict

# METADATA
# description: What must not be merged.
# entrypoint: true
deny contains found if {
	not _told_elsewhere
	some found in verdict.denied
}

# METADATA
# description: What should be looked at.
# entrypoint: true
warn contains found if {
	not _told_elsewhere
	some found in verdict.warned
}

# conftest evaluates `deny`, `warn` and what took part one after the other, and forgets in between. Where promote asks
# for it, the package evaluation tells all of it in one answer.
_told_elsewhere if {
	data.target.once
	evaluation.tells_findings
}
