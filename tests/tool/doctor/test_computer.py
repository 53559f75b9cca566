"""What the processor has is read from what Linux says, else from NumPy; threads say what decided."""

import json
import os
import subprocess
import sys

import pytest

from semclear.tool.doctor import computer

X86 = (
    "processor\t: 0\nmodel name\t: Some Xeon\nflags\t\t: fpu sse2 avx2 avx512f amx_tile\n\n"
    "processor\t: 1\nflags\t\t: fpu\n"
)
ARM = "processor\t: 0\nFeatures\t: fp asimd crc32\n"


@pytest.mark.parametrize(
    ("text", "machine", "features"),
    [
        (X86, "x86_64", {"AVX2": True, "AVX-512": True, "AVX-512 VNNI": False, "AMX": True}),
        (ARM, "aarch64", {"Neon": True, "SVE": False}),
        ("processor\t: 0\n", "x86_64", dict.fromkeys(("AVX2", "AVX-512", "AVX-512 VNNI", "AMX"))),
    ],
)
def test_features_are_those_of_the_first_processor(tmp_path, text, machine, features):
    (tmp_path / "cpuinfo").write_text(text)
    found = computer.processor(tmp_path / "cpuinfo", machine)
    assert found["features"] == features
    assert found["model"]


def test_where_linux_says_nothing_numpy_is_asked_but_not_of_amx(tmp_path):
    by_numpy = computer.processor(tmp_path / "none", "x86_64")["features"]
    assert by_numpy["AMX"] is None
    if computer.CPUINFO.exists():
        by_linux = computer.processor(machine="x86_64")["features"]
        assert {name: by_linux[name] for name in ("AVX2", "AVX-512")} == {
            name: bool(by_numpy[name]) for name in ("AVX2", "AVX-512")
        }


def threads(**environment):
    script = "import json; from semclear.tool.doctor import computer; print(json.dumps(computer.threads()))"
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=True)
    return json.loads(ran.stdout)


def test_threads_are_those_that_restoring_uses_and_say_why():
    count = os.cpu_count()
    assert threads(OMP_NUM_THREADS="3") == {"processors": count, "threads": 3, "by": "OMP_NUM_THREADS"}
    said = threads(OMP_NUM_THREADS="")
    assert 1 <= said["threads"] <= count
    assert said["by"] == ("all of them" if said["threads"] == count else "what this process may use")


def test_memory_and_disks_are_told_in_bytes(tmp_path):
    memory = computer.memory()
    assert 0 < memory["default"] <= memory["available"] <= memory["total"]
    assert computer.disks(tmp_path)[str(tmp_path)] > 0
