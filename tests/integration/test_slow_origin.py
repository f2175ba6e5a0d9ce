"""An origin that does not answer ends a command in time, and the message names it."""

from __future__ import annotations

import pytest

from tests.integration.sandbox import Sandbox, Shim

pytestmark = pytest.mark.quick


@pytest.mark.slow
@pytest.mark.parametrize("step", ["ls-remote", pytest.param("fetch", marks=pytest.mark.thorough), "push"])
def test_an_origin_that_hangs(tiny: Sandbox, shim: Shim, step: str) -> None:
    other = tiny.clone("other")
    other.write("note", "what is not here must be fetched")
    other.commit("faster")
    other.git("push", "--quiet", "origin", "main")
    before, tip = tiny.snapshot(), tiny.tip()
    env = shim.before_each(step, "exec tail -f /dev/null") | {"PROMOTE_GIT_TIMEOUT": "3"}
    done = tiny.finish("bump", "production", "api=1.5.0", "--commit", env=env)
    assert done.code == 6, done
    assert f"the remote 'origin' did not finish `git {step}` within 3 s" in done.err
    assert "PROMOTE_GIT_TIMEOUT" in done.err
    assert "git -c" not in done.err
    assert (tiny.snapshot(), tiny.tip()) == (before, tip)


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf"])
def test_a_time_limit_that_is_none(tiny: Sandbox, value: str) -> None:
    done = tiny.promote("bump", "production", "api=1.5.0", "--commit", code=2, env={"PROMOTE_GIT_TIMEOUT": value})
    assert f"PROMOTE_GIT_TIMEOUT is '{value}': write a number of seconds above 0" in done.err
