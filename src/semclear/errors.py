"""The one error a person is meant to read."""


class SemclearError(Exception):
    """Bad input, said in one line: what was got, what was expected and what to change.

    The command line prints the message alone and exits with code 1; every
    other exception is a defect of semclear and keeps its traceback.
    """
