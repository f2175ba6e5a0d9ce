"""Where pull requests are: one small module per forge, behind the protocol in `promote.forge.protocol`."""
