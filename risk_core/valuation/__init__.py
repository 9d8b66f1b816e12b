"""What instruments are worth: Black-76 and the kernels below it."""
