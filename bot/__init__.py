"""The Rasa server of Motcua: understanding (`nlu`), its training data (`importers`), channels.

Runs on Python 3.10 in an environment of its own and imports nothing of the application but
`language`. `bot.parsing` and the modules it needs do without Rasa itself.
"""
