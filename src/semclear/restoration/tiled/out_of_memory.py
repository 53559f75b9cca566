"""Whether an exception says that the device has no memory left, whatever Keras runs on."""

from __future__ import annotations

#: TensorFlow's and PyTorch's, by name: neither can be imported where the other is used.
NAMES = ("ResourceExhaustedError", "OutOfMemoryError")
#: What JAX (RESOURCE_EXHAUSTED), PyTorch on a CPU ("can't allocate memory") and ONNX Runtime ("Failed to allocate
#: memory for requested buffer" from its arena; without it what C++ says, "std::bad_alloc" or on Windows "bad
#: allocation") say in errors of a common class.
WORDS = ("resource_exhausted", "out of memory", "allocate memory", "bad_alloc", "bad allocation")
#: ONNX Runtime's errors have no class in common but Exception, and its package is told by the name of the module.
ONNX_RUNTIME = "onnxruntime"


def is_exhaustion(error: BaseException) -> bool:
    """Return whether `error` was raised because memory ran out: less work at once may then succeed.

    Parameters
    ----------
    error : BaseException
        Python's and NumPy's `MemoryError`, TensorFlow's
        `ResourceExhaustedError`, PyTorch's `OutOfMemoryError`, and a
        `RuntimeError` (which JAX's `XlaRuntimeError` is) or an error of
        ONNX Runtime (`Fail`, `RuntimeException`) that says so.
    """
    if isinstance(error, MemoryError) or type(error).__name__ in NAMES:
        return True
    says = isinstance(error, RuntimeError) or type(error).__module__.partition(".")[0] == ONNX_RUNTIME
    return says and any(word in str(error).lower() for word in WORDS)
