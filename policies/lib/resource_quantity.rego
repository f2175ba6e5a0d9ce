# METADATA
# title: Resource quantities
# description: Parses and compares quantities of CPU and memory, which have several notations.
package lib.resource_quantity

# The value of a quantity: 2 and "2000m" are equal. Undefined for an invalid quantity.
parse(quantity) := units.parse(sprintf("%v", [quantity])) if {
	regex.match(`^[0-9.]+([mkMGTPE]|[KMGTPE]i|[eE][0-9]+)?$`, sprintf("%v", [quantity]))
}

is_positive(quantity) if parse(quantity) > 0

are_equal(a, b) if parse(a) == parse(b)
