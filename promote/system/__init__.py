"""The outside world: processes, Git, tools, clock, cache. The only importer of `subprocess`."""
