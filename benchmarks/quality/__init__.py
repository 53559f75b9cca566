"""How good restorations are."""
