"""JAX without XLA's costly passes: what a test compiles once and runs a few times is then done in half the time."""

#: For the environment of a process that runs JAX on the processor; greys may differ in the last bits.
ENVIRONMENT = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
}
