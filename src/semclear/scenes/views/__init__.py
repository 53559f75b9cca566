"""Clear scenes at several magnifications: large smooth objects, empty areas, sections in layers, fine texture."""
