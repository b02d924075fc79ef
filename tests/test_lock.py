"""What the image installs fits what the package needs."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


def test_the_lock_has_every_dependency_in_a_version_that_is_allowed_and_its_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    entries = re.split(r"\n(?=\S)", (ROOT / "deploy/requirements.txt").read_text().strip())
    locked = {}
    for entry in entries:
        if not entry.startswith("#"):
            name, version = entry.split()[0].split("==")
            assert "--hash=sha256:" in entry, name
            locked[re.sub(r"\[.*", "", name)] = version
    needed = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    for requirement in map(Requirement, needed):
        version = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"make deploy/requirements.txt: {requirement} and {version}"


def test_the_image_installs_the_lock_alone() -> None:
    installs = re.findall(r"pip install .*", (ROOT / "deploy/Dockerfile").read_text())
    assert len(installs) == 2
    assert "--require-hashes -r /requirements.txt" in installs[0]
    assert "--no-deps" in installs[1]
