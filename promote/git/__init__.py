"""Git: a repository, its objects and its remotes, by the program `git`."""
