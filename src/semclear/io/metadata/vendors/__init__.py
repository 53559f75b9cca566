"""What microscopes write beside or into their images, a vendor a module."""
