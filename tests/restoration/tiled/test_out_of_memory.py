"""Which exceptions say that memory ran out."""

import numpy as np
import pytest

from semclear.restoration.tiled.out_of_memory import is_exhaustion


class XlaRuntimeError(RuntimeError):
    """Named and based as JAX's."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        XlaRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes."),
        RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes"
        ),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA error"),
        type("ResourceExhaustedError", (Exception,), {})(
            "OOM when allocating tensor with shape[1,64,4096,4096]"
        ),
    ],
)
def test_every_backends_way_to_say_it(error):
    assert is_exhaustion(error)


@pytest.mark.parametrize(
    "error", [ValueError("out of memory"), RuntimeError("shape mismatch"), KeyError("memory")]
)
def test_other_errors_are_none(error):
    assert not is_exhaustion(error)


#: As ONNX Runtime 1.32 says it on Linux, with its arena and without, and as C++ does on Windows.
ARENA = (
    "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Conv node. Name:'v24_nchwc' Status "
    "Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* "
    "onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for "
    "requested buffer of size 268435456\n"
)
BARE = (
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
    "Status Message: "
)


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("Fail", ARENA, True),
        ("RuntimeException", f"{BARE}std::bad_alloc", True),
        ("RuntimeException", f"{BARE}bad allocation", True),
        ("InvalidArgument", "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions", False),
    ],
)
def test_the_errors_of_onnx_runtime(name, text, wanted):
    state = pytest.importorskip("onnxruntime").capi.onnxruntime_pybind11_state
    kind = getattr(state, name)
    assert not issubclass(kind, RuntimeError)  # or the module's name would not have to tell
    assert is_exhaustion(kind(text)) == wanted


def test_those_that_libraries_raise():
    with pytest.raises(MemoryError) as refused:
        np.empty(2**58, np.uint8)
    assert is_exhaustion(refused.value)
    errors = pytest.importorskip("tensorflow").errors
    assert is_exhaustion(errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"))
    assert not is_exhaustion(errors.InvalidArgumentError(None, None, "memory"))
