"""The tests are about the default numbers of replicas, whatever `promote scale` has set."""

from __future__ import annotations

import shutil
from pathlib import Path

from promote.model import Identity
from promote.scaling import listing
from promote.scaling.overrides import ScaleFile
from promote.scaling.services import Number
from tests.defaults import DEFAULTS, without_scaling

GATEWAY = Number(Identity("autoscaling/v2", "HorizontalPodAutoscaler", "", "api-gateway"), "minReplicas", 3, 10)


def test_a_scaled_checkout_is_copied_without_its_numbers(tmp_path: Path) -> None:
    scaled, copy = tmp_path / "scaled", tmp_path / "copy"
    shutil.copytree(DEFAULTS / "overlays", scaled / "overlays")
    (scaled / "promote.yaml").write_text("a: 1\n", encoding="utf-8")
    copy.mkdir()
    assert without_scaling(scaled, copy) == scaled
    file = scaled / "overlays/production/kustomization.yaml"
    before = file.read_bytes()
    file.write_bytes(listing.listed(before, "k"))
    file.with_name("scale.yaml").write_bytes(ScaleFile("s").with_count(GATEWAY, 5).data or b"")
    assert without_scaling(scaled, copy) == copy
    assert (copy / "overlays/production/kustomization.yaml").read_bytes() == before
    assert not (copy / "overlays/production/scale.yaml").exists()
    assert (copy / "promote.yaml").read_text(encoding="utf-8") == "a: 1\n"
