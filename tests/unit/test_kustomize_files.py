"""What a name in a kustomization leads to, whatever is written there."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.kustomize import files


def test_a_name_leads_to_a_file_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.yaml").touch()
    (tmp_path / "link").symlink_to("a")
    assert files.at(tmp_path, "link/b.yaml") == (tmp_path / "a/b.yaml").resolve()
    assert files.at(tmp_path / "a", "..") == tmp_path.resolve()


@pytest.mark.parametrize("name", ["missing", "n" * 300, f"{'n' * 300}/a", "a\0b", "loop", "loop/a", "file/a"])
def test_a_name_that_leads_to_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    assert files.at(tmp_path, name) is None


def test_other_errors_of_the_machine_are_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path, **_: bool) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(PermissionError):
        files.at(tmp_path, "a")
