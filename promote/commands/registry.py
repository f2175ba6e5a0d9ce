"""Every command: one line here, and one file `promote/commands/NAME.py` with `Options`, `arguments` and `run`.

Only names and purposes: `promote --help` reads nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {
    "promote": "propose one environment's versions for another (the default command)",
    "init": "find the environments of a repository, and write promote.yaml",
    "plan": "show what a promotion would do",
    "explain": "show what blocks a promotion, and until when",
    "diff": "show what the checkout changes in the rendered manifests",
    "bump": "set image versions in one environment",
    "pin": "add the digests of their tags to the images of an environment",
    "switch": "move the traffic of a service to its other colour",
    "canary": "try a version on a part of the traffic, step by step",
    "scale": "set how many pods a service has at least",
    "rollback": "restore earlier images by one commit",
    "history": "list what an environment ran",
    "status": "show every environment, what waits and what is open",
    "deploy": "wait until a cluster runs what Git says of an environment",
    "health": "show what is healthy in a running environment",
    "drift": "show in what two environments differ",
    "verify": "prove that a commit moves versions and nothing else",
    "check": "render, validate and evaluate the rules",
    "windows": "give freeze windows to Argo CD or Flux",
    "policies": "list the rules",
    "merge": "merge a pull request after checking its result",
    "hold": "refuse a version in an environment",
    "release": "lift holds",
    "completion": "print what lets bash, zsh or fish complete commands and environments",
}
