"""Access to the outside world: processes, Git, tools, clock, cache. The only importer of `subprocess`."""
