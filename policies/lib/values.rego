# METADATA
# title: Values
# description: Reads values that may be absent or of the wrong type, so that no rule stops at a malformed document.
package lib.values

# The value when it is an object, else an empty one.
map(value) := value if is_object(value)

map(value) := {} if not is_object(value)

# The value when it is an array, else an empty one.
list(value) := value if is_array(value)

list(value) := [] if not is_array(value)

# The value when it is a string, else an empty one.
text(value) := value if is_string(value)

text(value) := "" if not is_string(value)

# The whole and the groups of a pattern's first match; undefined where it does not match.
groups(pattern, text) := regex.find_all_string_submatch_n(pattern, text, 1)[0]

# What lies at a path of keys, or null: absent and empty are the same. Rules ask this way, because
# `not f(document.absent)` is undefined instead of true.
at(value, path) := object.get(value, path, null) if is_object(value)

at(value, _) := null if not is_object(value)
