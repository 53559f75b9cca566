"""Which folders are volumes, and what is said where the packages for them are missing."""

import pytest

from semclear.errors import SemclearError
from semclear.io.volumes.zarr_folder import is_volume, need


def test_a_missing_package_is_told_with_its_extra():
    with pytest.raises(SemclearError, match=r'pip install "semclear\[volumes\]"'):
        need("no_package_of_this_name")


@pytest.mark.parametrize("marker", ["zarr.json", ".zgroup", ".zattrs"])
def test_a_volume_is_known_by_the_files_of_its_group(tmp_path, marker):
    assert not is_volume(tmp_path) and not is_volume(tmp_path / "none.zarr")
    (tmp_path / marker).touch()
    assert is_volume(tmp_path)
