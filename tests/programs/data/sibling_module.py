"""A module beside the program."""


def greeting(name):
    """A text, to show that the import worked."""
    return f"greetings to the {name} from {__name__}"


def fail():
    """Raises, for tracebacks through this file."""
    raise ValueError("from the sibling")


def call_back(function):
    """Calls the program back, for tracebacks that pass through here."""
    for number in (1, 2):
        function(number)
