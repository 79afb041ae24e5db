"""ms-swift's own format reward, on hostile text. Its module is loaded alone, so that nothing else of it is needed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings

from medreward import Scorer
from medreward.rewards.presets.base import COMPLETIONS
from tests.rewards.test_presets_against_oracle import TABLES


def swift_rewards() -> Any:
    """The module ``swift/rewards/orm.py`` alone: importing the package needs torch and a GPU stack."""
    found = importlib.util.find_spec("swift")
    if found is None or not found.submodule_search_locations:
        pytest.skip("needs ms-swift: pip install --no-deps ms-swift==4.6.0", allow_module_level=True)
    path = Path(found.submodule_search_locations[0]) / "rewards" / "orm.py"
    spec = importlib.util.spec_from_file_location("swift_orm", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    engine = ModuleType("swift.infer_engine")
    engine.InferRequest = object  # type: ignore[attr-defined]
    package = ModuleType("swift")
    sys.modules.update({"swift": package, "swift.infer_engine": engine})
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["swift"], sys.modules["swift.infer_engine"]
    return module


ORM = swift_rewards()
SCORER = Scorer("ms-swift-format")


@settings(max_examples=150)
@given(texts=TABLES)
@example(texts=[*COMPLETIONS.values()])
def test_ms_swift_format_is_ms_swifts(texts: list[str]) -> None:
    assert SCORER.score({"completion": texts}).rewards.tolist() == ORM.Format()(texts)
