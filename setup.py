"""What building needs beyond pyproject.toml: the wheel gets the study's params.yaml, which stands once, at the root."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SETTINGS = "params.yaml"
PLACE = Path("semclear", "tool", "own_data", SETTINGS)


class BuildWithSettings(build_py):
    """The modules, and beside them the settings; an editable installation reads those of the project."""

    def run(self):
        """Copy all into the folder of the build."""
        super().run()
        if not self.editable_mode:
            place = Path(self.build_lib, PLACE)
            self.mkpath(str(place.parent))
            self.copy_file(SETTINGS, str(place))

    def get_outputs(self, include_bytecode=True):
        """Return the files of a build, for whoever removes or lists them."""
        made = [] if self.editable_mode else [str(Path(self.build_lib, PLACE))]
        return [*super().get_outputs(include_bytecode), *made]


setup(cmdclass={"build_py": BuildWithSettings})
