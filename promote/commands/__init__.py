"""One module per verb of the command line; each returns a result and leaves printing to `promote.cli.main`."""
