"""Where pull requests live: one thin module per forge behind the protocol in `promote.forge.base`."""
