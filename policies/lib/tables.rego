# METADATA
# title: Tables
# description: The tables of policies/data that rules need. A rule without its table would have no findings.
package lib.tables

# The missing tables. promote lists the tables that the chosen rules read. Without promote, all tables are required.
missed contains table if {
	some table in missing
	_is_read(table)
}

_is_read(_) if not data.target.tables

_is_read(table) if table in data.target.tables

missing contains "alerts" if not data.alerts

missing contains "autoscaling" if not data.autoscaling

missing contains "cluster" if not data.cluster

missing contains "demo" if not data.demo

missing contains "edge" if not data.edge

missing contains "environments" if not data.environments

missing contains "flows" if not data.flows

missing contains "images" if not data.images

missing contains "internal_tls" if not data.internal_tls

missing contains "overcommit" if not data.overcommit

missing contains "registries" if not data.registries

missing contains "resources" if not data.resources

missing contains "retired_images" if not data.retired_images

missing contains "service_accounts" if not data.service_accounts

missing contains "storage" if not data.storage
