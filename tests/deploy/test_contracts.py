"""The import contract of ours refuses what it should, and nothing else."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

from deploy.contracts import ImportsOnly


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "till.py").write_text("import json\nimport decimal\n")
    (folder / "coins.py").write_text("import shop.till\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def _strangers(**options: list[str]) -> list[str]:
    graph = grimp.build_graph("shop", include_external_packages=True, cache_dir=None)
    contract = ImportsOnly("plain", {"root_packages": ["shop"]}, dict(options))
    return list(contract.check(graph, verbose=False).metadata["strangers"])


def test_the_standard_library_is_welcome(package: Path) -> None:
    assert package.exists()
    assert _strangers(modules=["shop.till"]) == []


def test_another_package_and_another_module_of_ours_are_strangers(package: Path) -> None:
    (package / "till.py").write_text("import httpx\nimport shop.coins\n")
    assert _strangers(modules=["shop.till"]) == ["shop.till imports httpx", "shop.till imports shop.coins"]
    assert _strangers(modules=["shop.till"], allowed=["httpx"]) == ["shop.till imports shop.coins"]
    assert _strangers(modules=["shop.till"], allowed=["httpx", "shop.coins"]) == []


def test_a_package_may_import_its_own_modules(package: Path) -> None:
    assert package.exists()
    assert _strangers(modules=["shop"]) == []
