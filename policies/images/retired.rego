# METADATA
# title: No image is of a retired project
# description: |
#   Retired projects get no security fixes. The table `retired_images` lists them, each with its reason and with what
#   to use instead.
# custom:
#   id: images.retired
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "use what the table retired_images names instead"
#   docs: https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/
package rules.images.retired

import data.lib.images

deny contains found if {
	some use in images.uses
	some retired in data.retired_images
	glob.match(retired.repository, ["/"], use.image.repository)
	found := images.about(use, {
		"msg": sprintf("uses %s: %s", [use.image.reference, retired.why]),
		"fix": retired.instead,
	})
}
