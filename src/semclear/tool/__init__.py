"""What a microscopist runs: files in, files out, and an account of what was done beside each.

The top layer: it may import every other folder, none imports it. Modules named
`commands_*` hold the options of the command line and import nothing heavy.
"""
