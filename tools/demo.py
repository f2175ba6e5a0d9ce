"""The main job from end to end, in a sandbox: every step says what it does, does it, and verifies it.

No result below is written down beforehand: each is read back from Git or from promote itself, and the first
step that does not do what it says ends the demo with exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

# `python tools/demo.py` looks for modules in tools/ only.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.sandbox import ROOT, Broken, NotOurs, Sandbox
from tools.stage import Stage

STAGING, PRODUCTION, SERVICE = "staging", "production", "api-gateway"
BRANCH = f"promote/{STAGING}-to-{PRODUCTION}"
OVERLAYS = {name: f"overlays/{name}/kustomization.yaml" for name in (STAGING, PRODUCTION)}
MANIFEST = "base/network-policies/user-service.yaml"
RULE = "network.allow_all"
REASON = "errors doubled after the release"

_USAGE, _INTERRUPTED = 2, 130


def environments(stage: Stage, sandbox: Sandbox) -> None:
    """Two environments, as they are."""
    stage.say("""Each environment is a folder that names the versions it runs. `promote status` reads them from
        the branch that everybody shares, and says what waits to be promoted.""")
    head, _, table, *rows = stage.promote("status").lines
    stage.verify("this is the tip of the shared branch", head.endswith(f" {sandbox.tip[:12]}"))
    stage.verify(f"{STAGING} and {PRODUCTION} are there", {STAGING, PRODUCTION} <= set(table.split()))
    versions = [sandbox.version(name, SERVICE).partition("@")[0] for name in table.split()]
    stage.verify(f"the versions of {SERVICE} are those in Git", [SERVICE, *versions] in [row.split() for row in rows])


def new_version(stage: Stage, sandbox: Sandbox) -> None:
    """A new version, into staging."""
    stage.say(f"""Say that {SERVICE} was built anew. Its version goes to {STAGING} by a pull request: promote edits
        a private copy, renders it, checks it, pushes a branch. Your checkout is not touched.""")
    tip, new = sandbox.tip, _next_version(sandbox)
    stage.promote("bump", STAGING, f"{SERVICE}={new}", "--pr")
    stage.verify("pull request #1 is open", sandbox.open_pulls == [1])
    stage.verify("the shared branch has not moved, the checkout is clean", sandbox.tip == tip and sandbox.clean)

    stage.say("Merging checks once more: what the merge would leave, in every environment.")
    stage.promote("merge", "1")
    stage.verify(f"one file has changed: {OVERLAYS[STAGING]}", sandbox.files_since(tip) == [OVERLAYS[STAGING]])
    stage.verify(f"{STAGING} has the new version", sandbox.version(STAGING, SERVICE) == new)
    stage.git("pull", "--quiet")


def planned(stage: Stage, sandbox: Sandbox) -> None:
    """What a promotion would do."""
    stage.say("""A plan comes with its proof: the manifests rendered before and after, compared field by field. A
        promotion that would move anything but images is refused. The checks validate every document against
        each Kubernetes version of promote.yaml, and put it before every rule.""")
    refs = sandbox.refs
    done = stage.promote("plan", STAGING, PRODUCTION)
    fields = [line for line in done.lines if re.match(r"  [+-] ", line)]
    # The name of a Job ends with a hash of its content, so it follows the image.
    follows = r"/metadata/name: smoke-test-\w{10}$"
    images = [line for line in fields if re.search(rf"/(initC|c)ontainers/\d+/image: |{follows}", line)]
    stage.verify(f"all {len(fields)} lines are images, or the name of the Job that runs one", fields == images != [])
    stage.verify("nothing was pushed, the checkout is clean", sandbox.refs == refs and sandbox.clean)


def killed(stage: Stage, sandbox: Sandbox) -> None:
    """The promotion, killed half-way."""
    stage.say("""Now for real: one commit on one branch, then a pull request. To see what a crash leaves behind,
        promote is killed in between, right after its push.""")
    tip = sandbox.tip
    stage.promote(STAGING, PRODUCTION, code=-signal.SIGKILL, cut=True)
    stage.verify(f"{BRANCH} is pushed, one commit ahead", sandbox.commits_since(tip, BRANCH) == 1)
    stage.verify("no pull request is open, the checkout is clean", not sandbox.open_pulls and sandbox.clean)


def promoted(stage: Stage, sandbox: Sandbox) -> None:
    """The same command again finishes, and once more changes nothing."""
    stage.say("A command that was stopped is simply given again: it finds what is there, and does the rest.")
    left = sandbox.shared("rev-parse", BRANCH)
    stage.promote(STAGING, PRODUCTION, last=3)
    stage.verify("the pushed commit was kept, not made again", sandbox.shared("rev-parse", BRANCH) == left)
    stage.verify("one pull request is open: #2", sandbox.open_pulls == [2])
    refs = sandbox.refs
    stage.promote(STAGING, PRODUCTION, last=3)
    stage.verify("nothing is doubled: no branch, commit or pull request is new", sandbox.refs == refs)


def merged(stage: Stage, sandbox: Sandbox) -> None:
    """Merged: one file, and in it only the image lines."""
    tip = sandbox.tip
    stage.promote("merge", "2")
    stage.git("pull", "--quiet")
    stage.git("diff", "--stat", "HEAD~1")
    stage.verify("one file has changed, on one new commit of the shared branch",
                 sandbox.files_since(tip) == [OVERLAYS[PRODUCTION]] and sandbox.commits_since(tip) == 1)  # fmt: skip
    diff = stage.git("diff", "--unified=0", "HEAD~1")
    lines = [line for line in diff.lines if re.match(r"[+-](?![+-]{2} )", line)]
    kept = [line for line in lines if re.fullmatch(r"[+-] +(newTag|digest): \S+", line)]
    stage.verify(f"all {len(lines)} lines are tags or digests; comments and order are as before", lines == kept != [])
    after = sandbox.ask("diff", PRODUCTION, "--base", tip)["environments"][PRODUCTION]
    following = all(one["image"] or one["hash"] for one in after)
    stage.verify(f"rendered, {len(after)} fields differ: images, and the hash in the name of a Job", following)
    same = sandbox.version(STAGING, SERVICE) == sandbox.version(PRODUCTION, SERVICE)
    stage.verify(f"{PRODUCTION} has the version of {SERVICE} that {STAGING} has", same and after != [])


def denied(stage: Stage, sandbox: Sandbox) -> None:
    """A dangerous edit is refused."""
    stage.say(f"""Somebody who is looking for a fault lets the service that knows the users talk to anybody, by one
        line in {MANIFEST}. Kubernetes would accept it.""")
    text = sandbox.edit(MANIFEST, "\n  egress:\n", "\n  egress:\n    - {}\n")
    stage.git("diff", "--unified=0", "--", MANIFEST)
    done = stage.promote("check", PRODUCTION, code=3)
    place = re.search(rf"{re.escape(RULE)} +{re.escape(MANIFEST)}:(\d+)", "\n".join(done.lines))
    line = text.splitlines()[int(place[1]) - 1].strip() if place else "none"
    stage.verify(f"it names the rule, and the line that was added: `{line}`", line == "- {}")
    stage.verify("it says how to fix it", any(line.strip().startswith("fix: ") for line in done.lines))

    stage.say("Without the line, the same check passes.")
    stage.git("restore", MANIFEST)
    stage.promote("check", PRODUCTION)


def rolled_back(stage: Stage, sandbox: Sandbox) -> None:
    """Back to the version before, by one commit."""
    stage.say(f"""The new {SERVICE} misbehaves. The version before comes back by one commit, proved and checked like
        any other change; the one that failed is held in holds.yaml, with the reason.""")
    tip, failed = sandbox.tip, sandbox.version(PRODUCTION, SERVICE)
    earlier = sandbox.version(PRODUCTION, SERVICE, "HEAD~1")
    stage.promote("rollback", PRODUCTION, SERVICE, "--reason", REASON)
    stage.verify("one commit is new, of two files: the versions and the hold",
                 sandbox.commits_since(tip) == 1
                 and sandbox.files_since(tip) == ["holds.yaml", OVERLAYS[PRODUCTION]])  # fmt: skip
    stage.verify(f"{PRODUCTION} has {earlier.split('@')[0]} again", sandbox.version(PRODUCTION, SERVICE) == earlier)
    stage.promote("history", PRODUCTION)
    stage.git("pull", "--quiet")

    stage.say("History is read from the files in Git, so no squash or rebase can lose it. And the next promotion?")
    refs = sandbox.refs
    refused = stage.promote(STAGING, PRODUCTION, code=4)
    stage.verify("it is refused with the reason of the rollback", REASON in refused.error)
    stage.verify("nothing was pushed", sandbox.refs == refs)
    stage.verify(f"{failed.split('@')[0]} is held, and nothing else", sandbox.held == [failed])


STEPS: tuple[Callable[[Stage, Sandbox], None], ...] = (
    environments, new_version, planned, killed, promoted, merged, denied, rolled_back,
)  # fmt: skip


def _next_version(sandbox: Sandbox) -> str:
    """The tag after the newest that either environment has, and an example digest as in the overlays."""
    tags = [sandbox.version(name, SERVICE).partition("@")[0] for name in (STAGING, PRODUCTION)]
    major, minor = max(tuple(map(int, re.findall(r"\d+", f"{tag}.0.0")[:2])) for tag in tags)
    tag = f"{major}.{minor + 1}.0"
    return f"{tag}@sha256:{hashlib.sha256(f'mediq/{SERVICE}:{tag}'.encode()).hexdigest()}"


def main(argv: list[str] | None = None) -> int:
    """Play every step; 0 when all did what they say, 1 for the first that did not."""
    _print_in_any_encoding()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, default=ROOT / ".sandbox/demo", help="where to play (.sandbox/demo)")
    folder: Path = parser.parse_args(argv).folder.absolute()
    try:
        return _play(folder)
    except (NotOurs, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return _USAGE
    except KeyboardInterrupt:
        print("\ndemo: interrupted; the next run starts anew", file=sys.stderr)
        return _INTERRUPTED


def _play(folder: Path) -> int:
    started = time.monotonic()
    sandbox = Sandbox.make(folder)
    stage = Stage(sandbox)
    stage.say(f"""A promotion from end to end, in a copy of this repository: {_near(folder)} gets a bare repository
        as the origin, and a clone in which every command below really runs. Your repository and your settings
        stay as they are. It takes less than a minute.""")
    for number, step in enumerate(STEPS, 1):
        title = (step.__doc__ or "").rstrip(".")
        stage.title(f"{number}. {title}")
        try:
            step(stage, sandbox)
        except Broken as broken:
            print(f"\ndemo: step {number} ({title}) did not do what it says: {broken}", file=sys.stderr)
            print(f"demo: look into {_near(sandbox.clone)}", file=sys.stderr)
            return 1
    _close(stage, sandbox, time.monotonic() - started)
    return 0


def _close(stage: Stage, sandbox: Sandbox, seconds: float) -> None:
    stage.title("What you have seen")
    stage.say(f"""{len(STEPS)} steps with {stage.verified} facts verified, in {seconds:.0f} seconds: a version went
        through {STAGING} to {PRODUCTION} by pull requests that moved image lines only; a kill left nothing to clean
        up; a dangerous edit was refused; a rollback took one commit and holds.""")
    stage.say("The sandbox stays as it is. Try next, in its clone:")
    program = Path(sys.executable).with_name("promote")
    stage.show(f"cd {_near(sandbox.clone)}")
    stage.show(f"export PATH={program.parent}:$PATH")
    stage.show(f"promote release {PRODUCTION}")
    stage.show(f"promote {STAGING} {PRODUCTION} --dry-run")
    stage.show(f"promote rollback {PRODUCTION} --all --to 1")


def _near(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _print_in_any_encoding() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    raise SystemExit(main())
