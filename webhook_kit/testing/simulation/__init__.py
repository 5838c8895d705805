"""A vendor that sends for a while: on its own schedule, with everything that happens on the way."""
