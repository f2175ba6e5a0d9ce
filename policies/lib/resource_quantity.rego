# METADATA
# title: Quantities
# description: Compares amounts of CPU and memory by value, however they are written.
package lib.resource_quantity

# What a quantity amounts to: 2 and "2000m" are equal. Undefined when it cannot be read.
parse(quantity) := units.parse(sprintf("%v", [quantity])) if {
	regex.match(`^[0-9.]+([mkMGTPE]|[KMGTPE]i|[eE][0-9]+)?$`, sprintf("%v", [quantity]))
}

is_positive(quantity) if parse(quantity) > 0

are_equal(a, b) if parse(a) == parse(b)
