"""Fuzzes the targets, one per processor: `python -m tests.fuzz [TARGET …]`, FUZZ_SECONDS for each (20 by default).

FUZZ_SEED is the seed of what is tried (1 by default); 0 takes another each time.

An input that fails is written to `tests/fuzz/found/TARGET-HASH`, and the exit code is 1. Add it to
`tests/fuzz/inputs.py` once it is fixed. `.tools/fuzz-corpus` keeps what was tried, and the next run starts from it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOUND, CORPUS = ROOT / "tests/fuzz/found", ROOT / ".tools/fuzz-corpus"
# Where `make fuzz` installs atheris.
_FUZZER = {"PYTHONPATH": str(ROOT / ".tools/fuzz")}
_ONE = "--one"
# An input must be read in 20 s; a run, with all that was tried, may have more memory than a command.
_LIMITS = ("-timeout=20", "-rss_limit_mb=1500", "-max_len=16384", "-print_final_stats=1", "-verbosity=1")


def main(names: list[str]) -> int:
    """Fuzz the named targets, or all; 1 if an input failed."""
    from tests.fuzz.targets import SEEDS, TARGETS

    tried = names or list(TARGETS)
    for name in tried:
        corpus = CORPUS / name
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS[name]):
            (corpus / f"seed-{number}").write_bytes(seed)
    FOUND.mkdir(exist_ok=True)
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, done in zip(tried, pool.map(_fuzz, tried), strict=True):
            sys.stdout.write(f"fuzz: {name}\n{done.stdout}")
            sys.stdout.flush()
            if done.returncode:
                failed.append(name)
    found = sorted(path.relative_to(ROOT).as_posix() for path in FOUND.iterdir())
    sys.stdout.write(f"fuzz: failed: {', '.join([*failed, *found]) or 'nothing'}\n")
    return int(bool(failed))


def _fuzz(name: str) -> subprocess.CompletedProcess[str]:
    """Fuzz one target in a process of its own."""
    command = [sys.executable, "-m", "tests.fuzz", _ONE, name]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | _FUZZER, check=False, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def one(name: str) -> None:
    """Fuzz one target in this process, until the time is over or an input fails; does not return."""
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    with atheris.instrument_imports(include=["promote", "yaml"]):
        from tests.fuzz.targets import TARGETS

    seconds = os.environ.get("FUZZ_SECONDS", "20")
    # By default the same for every change, so that no change is blamed for what another one has left.
    seed = os.environ.get("FUZZ_SEED", "1")
    limits = [*_LIMITS, f"-seed={seed}", f"-max_total_time={seconds}", f"-artifact_prefix={FOUND}/{name}-"]
    atheris.Setup([sys.argv[0], *limits, str(CORPUS / name)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == [_ONE]:
        one(sys.argv[2])
    sys.exit(main(sys.argv[1:]))
