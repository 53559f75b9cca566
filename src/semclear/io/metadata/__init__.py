"""What a file says of its micrograph besides the pixels: pixel size, instrument, past processing."""
