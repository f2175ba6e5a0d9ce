"""Where pull requests live: one thin file per forge, behind the protocol in `promote.forge.protocol`."""
