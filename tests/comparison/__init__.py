"""What our understanding is compared with, on the same lines and the same split.

Runs in the Rasa world; `cli.comparing` starts it and makes the tables and curves.
"""
