"""Passwords and keys come from the environment alone; what is printed or kept of an error must not hold them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

MASK = "***"
#: Variables whose values nobody may read: AWS_SECRET_ACCESS_KEY, MLFLOW_TRACKING_PASSWORD, PGPASSWORD and their like.
NAMES = re.compile(r"SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIAL|ACCESS_KEY|API_KEY", re.IGNORECASE)
SHORTEST = 4  # characters: a shorter value stands in every text
#: User and password in an address: scheme://user:password@host.
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@]+:[^\s/]*@")


def hidden(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Return a text with `MASK` in the place of secrets.

    Parameters
    ----------
    text : str
        To be printed or kept.
    environment : mapping, optional
        Where secrets stand, by names that fit `NAMES`; the process's own if left out.
    """
    environment = os.environ if environment is None else environment
    text = _IN_ADDRESS.sub(f"{MASK}@", text)
    values = {value for name, value in environment.items() if NAMES.search(name) and len(value) >= SHORTEST}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, MASK)
    return text
