# METADATA
# title: Values
# description: Reads values that may be absent or of the wrong type, so that rules do not fail on invalid documents.
package lib.values

# The value if it is an object, otherwise an empty object.
map(value) := value if is_object(value)

map(value) := {} if not is_object(value)

# The value if it is an array, otherwise an empty array.
list(value) := value if is_array(value)

list(value) := [] if not is_array(value)

# The value if it is a string, otherwise an empty string.
text(value) := value if is_string(value)

text(value) := "" if not is_string(value)

# The first match of a pattern and its groups. Undefined without a match.
groups(pattern, text) := regex.find_all_string_submatch_n(pattern, text, 1)[0]

# The value at a path of keys, or null. Absent and null are the same. Rules use this function because `not
# f(document.absent)` is undefined, not true.
at(value, path) := object.get(value, path, null) if is_object(value)

at(value, _) := null if not is_object(value)
