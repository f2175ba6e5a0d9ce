# METADATA
# title: Rule ids
# description: |
#   The ids of rules. Waivers and reports contain ids, so an id must not change when its rule moves to another folder.
package lib.rule_ids

# The first part of the ids in a folder, if it is not the name of the folder.
prefixes := {"pod_security": "workloads"}

of(folder, rule) := concat(".", [object.get(prefixes, folder, folder), rule])
