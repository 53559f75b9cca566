"""Whether an exception says that the device has no memory left, whatever Keras runs on."""

from __future__ import annotations

#: TensorFlow's and PyTorch's, by name: neither can be imported where the other is used.
NAMES = ("ResourceExhaustedError", "OutOfMemoryError")
#: What JAX (RESOURCE_EXHAUSTED), and PyTorch on a CPU ("can't allocate memory"), say in a common RuntimeError.
WORDS = ("resource_exhausted", "out of memory", "allocate memory")


def is_exhaustion(error: BaseException) -> bool:
    """Return whether `error` was raised because memory ran out: less work at once may then succeed.

    Parameters
    ----------
    error : BaseException
        Python's and NumPy's `MemoryError`, TensorFlow's
        `ResourceExhaustedError`, PyTorch's `OutOfMemoryError`, and a
        `RuntimeError` (which JAX's `XlaRuntimeError` is) that says so.
    """
    if isinstance(error, MemoryError) or type(error).__name__ in NAMES:
        return True
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in WORDS)
