"""What is said where a module is imported without the package that it is built on."""

import subprocess
import sys

import pytest

HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name={package!r})
sys.meta_path.insert(0, Hidden())
try:
    {statement}
except ImportError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("statement", "package", "extra"),
    [
        ("import grokcast.pruner", "optuna", "optuna"),
        ("import grokcast.ray_scheduler", "ray", "ray"),
        ("from grokcast.callbacks import LightningCallback", "lightning", "lightning"),
        ("from grokcast.callbacks import KerasCallback", "keras", "keras"),
        ("from grokcast.callbacks import HuggingFaceCallback", "transformers", "transformers"),
    ],
)
def test_a_missing_package_is_named_with_the_extra_that_brings_it(statement, package, extra):
    code = HIDE.format(statement=statement, package=package)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ImportError grokcast.")
    assert f"needs {package}, which is not installed: pip install 'grokcast[{extra}]'" in done.stdout
    assert done.stdout.count("\n") == 1
