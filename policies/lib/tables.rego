# METADATA
# title: Tables
# description: Which tables of policies/data the rules need. A rule whose table is absent would find nothing wrong.
package lib.tables

missing contains "cluster" if not data.cluster

missing contains "demo" if not data.demo

missing contains "environments" if not data.environments

missing contains "resources" if not data.resources

missing contains "retired_images" if not data.retired_images

missing contains "service_accounts" if not data.service_accounts
