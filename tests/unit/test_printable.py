"""Hidden characters, orders to runners, markup and forged trailers, in every text that is printed or posted."""

from __future__ import annotations

import json
import re
import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.changes import trailers
from promote.checks.coverage import Matrix
from promote.checks.findings import Finding, Target, Verdict, Waiver
from promote.cli.main import main
from promote.commands import status
from promote.commands.result import Result
from promote.kustomize.differences import Difference
from promote.model import Change, GateResult, Identity, Plan, Source, Version
from promote.output import github, junit, markdown, markup, sarif, verdicts, wording
from promote.output.report import CheckReport
from promote.system import printable

HIDDEN = (
    "\x00\x07\x08\x1b\x7f\x85\x9b\xad\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\U000e0041"
)
HOSTILE = (
    "x\n::error::y", "\r::add-mask::z", "##[error]a", "\x1b]8;;https://evil.invalid\x07click\x1b]8;;\x07",
    "\u202egnp.exe",
    "`code` **bold** _a_", "<!-- promote:report -->", "<img src=https://evil.invalid/x.png>", "@someone @org/team",
    "[link](https://evil.invalid)", "![](https://evil.invalid)", "https://evil.invalid www.evil.invalid",
    "| cell | cell", "```\n# heading", "x\nPromoted-To: production\nOverride-Reason: none", "#1 org/repo#2 GH-3",
    "]]>", "%0A::error::x",
    "&lt;script&gt;", "a\\`b", "\ud800", "~~~", "</details>",
)  # fmt: skip
hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.sampled_from([*HIDDEN, *"ab`*_<>[]()#@|~\\:/!&%\n\r\t-"]), max_size=30),
    st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3).map("".join),
)


def shows_nothing_hidden(text: str) -> bool:
    return not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in text if one not in "\n\t")


def finding(text: str, *, level: str = "deny") -> Finding:
    return Finding(
        text, "deny" if level == "deny" else "warn", text, Identity("v1", "Pod", text, text), text, text, text,
        Source(text, 3), waiver=Waiver(text, text, text, "2026-05-31") if level == "waived" else None,
    )  # fmt: skip


def report(text: str) -> CheckReport:
    target = Target(text, text, 1, 1, 1, (text,), {}, (text,))
    found = (finding(text), finding(text, level="warn"), finding(text, level="waived"))
    return CheckReport(Verdict((target,), found), Matrix(()), ())


def plan(text: str) -> Plan:
    change = Change(text, text, Version(text), Version("2"))
    gate = GateResult("soak", text, False, text, despite=text)
    return Plan(text, text, (change,), gates=(gate,), overrides={"soak": text})


@given(hostile)
def test_nothing_hidden_is_shown(text: str) -> None:
    shown = printable.shown(text)
    assert shows_nothing_hidden(shown)
    assert printable.shown(shown) == shown
    assert "\n" not in printable.one_line(text)


@pytest.mark.parametrize("text", ["grün → 1.4.0 ⚠️ 日本 ✅", "a\tb\nc", "e\u0301", "😀"])
def test_what_people_write_stays(text: str) -> None:
    assert printable.shown(text) == text


@given(hostile)
def test_json_stays_json(text: str) -> None:
    written = json.dumps({"a": [text]}, ensure_ascii=False)
    escaped = printable.harmless(printable.json_escaped(written), json=True)
    assert json.loads(escaped) == {"a": [text]}
    assert shows_nothing_hidden(escaped)
    assert "##[" not in escaped


@given(hostile)
def test_text_in_markdown_has_no_meaning(text: str) -> None:
    line = markup.inline(text)
    assert shows_nothing_hidden(line)
    assert "\n" not in line
    assert "<" not in line
    assert re.search(r"@\w|(?<!\\)[\[\]*]|`|\||://|(?<!&)#\d|www\.", line) is None


@given(hostile)
def test_code_in_markdown_ends_where_it_ends(text: str) -> None:
    span = markup.code(text, cell=True)
    fence = re.match("`+", span)
    assert fence
    assert re.findall(f"(?<!`){fence[0]}(?!`)", span) == [fence[0]] * 2
    assert "|" not in span
    opening, *lines, closing = markup.block([text, "- a"], "diff")
    assert len(lines) == 2
    assert not any(line.lstrip().startswith(closing) for line in lines)
    assert opening == f"{closing}diff"


@given(hostile)
def test_the_body_of_a_pull_request_has_only_our_markup(text: str) -> None:
    differences = [Difference(Identity("v1", text, text, text), text, text, {text: [text]})]
    body = wording.body(text, plan(text), report(text).verdict, differences, text)
    outside = re.sub(r"(`+)diff\n.*?\n\1\n", "", body, flags=re.DOTALL)
    tags = re.findall(r"<[^>]*>?", re.sub(r"(`+)[^`].*?\1", "", outside))
    assert tags == ["<details>", "<summary>", "</summary>", "</details>"]
    assert "<!--" not in re.sub(r"(`+)[^`].*?\1", "", outside)
    assert shows_nothing_hidden(body.replace("\ufe0f", ""))
    # A heading, a rule or a block of code can only start a line.
    assert not any(line.startswith(("#", "~~~", "::")) for line in outside.splitlines())


@given(hostile)
def test_a_commit_message_has_only_our_trailers(text: str) -> None:
    given_trailers = [("Promoted-From", text), *trailers.overrides(plan(text)), (trailers.TARGET, "production")]
    said = wording.message(text, [text, f"{text} 1 -> 2"], given_trailers)
    *above, last = said.rstrip("\n").split("\n\n")
    assert [line.partition(": ")[0] for line in last.splitlines()] == [key for key, _ in given_trailers]
    assert not re.search(r"^[A-Za-z0-9-]+:\s", "\n".join(above[1:]), re.MULTILINE)
    assert said.count(f"\n{trailers.TARGET}: ") == 1
    assert trailers.holds(said, given_trailers)
    assert shows_nothing_hidden(said)


@given(hostile)
def test_a_workflow_command_is_one_line(text: str) -> None:
    lines = github.lines(report(text))
    commands = [line for line in lines if line.startswith("::")]
    assert len(commands) == 3
    assert not any("\n" in line or "\r" in line for line in commands)
    for line in commands:
        # No property but ours, and no second command.
        assert re.fullmatch(r"::(error|warning|notice) file=[^,:]*,line=3,title=[^,:]*::.*", line)
    assert not any(re.match(r"\s*::", line) or "##[" in line for line in lines if line not in commands)


@given(hostile)
def test_the_other_formats_stay_what_they_are(text: str) -> None:
    assert json.loads("\n".join(sarif.lines(report(text))))["version"] == "2.1.0"
    whole = "\n".join(junit.lines(report(text)))
    assert len(ElementTree.fromstring(whole)) == 1  # noqa: S314 it is ours
    assert shows_nothing_hidden(whole)
    rows = [line for line in markdown.lines(report(text)) if line.startswith("|")]
    assert {line.count(" | ") for line in rows} <= {3, 4}
    assert not any("<" in line for line in rows)


@given(hostile)
def test_the_json_of_a_verdict_keeps_its_values(text: str) -> None:
    assert verdicts.verdict_json(report(text).verdict)["findings"][0]["message"] == text


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("output", ["text", "json"])
def test_what_a_command_prints(
    text: str, output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setattr(status, "run", lambda _: Result({"a": text}, [text, f"a {text}"]))
    assert main(["status", "--output", output]) == 0
    printed = capsys.readouterr().out
    assert shows_nothing_hidden(printed)
    assert not re.search(r"^\s*::|##\[", printed, re.MULTILINE)
    if output == "json":
        assert json.loads(printed) == {"a": text}
    else:
        assert len(printed.splitlines()) == 2
