# METADATA
# title: Quantities
# description: Compares amounts of CPU and memory by value, however they are written.
package lib.quantities

# What a quantity amounts to: 2 and "2000m" are equal. Undefined when it cannot be read.
value(quantity) := units.parse(sprintf("%v", [quantity])) if {
	regex.match(`^[0-9.]+([mkMGTPE]|[KMGTPE]i|[eE][0-9]+)?$`, sprintf("%v", [quantity]))
}

is_positive(quantity) if value(quantity) > 0

same(a, b) if value(a) == value(b)
