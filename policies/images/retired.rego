# METADATA
# title: Images do not come from retired projects
# description: |
#   Retired projects get no security fixes. The table `retired_images` lists them with the reason and a replacement.
# custom:
#   id: images.retired
#   profile: general
#   subjects: pods
#   severity: high
#   fix: "use the replacement in the table `retired_images`"
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
