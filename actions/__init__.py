"""The action server: from one turn of a conversation to its answer.

One short module a theme; what is true of procedures, dossiers or messages is asked of their rooms.
"""
