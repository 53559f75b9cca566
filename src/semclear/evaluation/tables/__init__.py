"""From scores of a micrograph each to the tables of the study."""
