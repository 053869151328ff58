"""The command line and the supervisor: the top floor, which brings all rooms together."""
