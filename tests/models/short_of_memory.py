"""Restore a micrograph that cannot fit into the memory that is left. Run as: short_of_memory.py FILE.onnx."""

import resource
import sys
from pathlib import Path

import numpy as np

from semclear.models.onnx_restorer import OnnxNetwork

network = OnnxNetwork(sys.argv[1], threads=1)
network(np.zeros((1, 16, 16), np.float32))
image = np.zeros((1, 4096, 4096), np.float32)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 3 * image.nbytes, resource.RLIM_INFINITY))
try:
    network(image)
except MemoryError as error:
    print("MemoryError:", error)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("after:", network(image[:, :64, :64]).shape)
