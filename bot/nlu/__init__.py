"""Understanding a citizen's message: intent, procedure, aspects, dossier code, language.

Two layers. `analysis`, `vectors`, `linear` and `reader` are the thinking: plain functions and
matrices, free of Rasa. `tokenizer`, `features`, `intents`, `procedures`, `aspects` and `codes`
put the same into Rasa's pipeline. So a process that only parses starts in a second, and a test
holds both to the same answers.
"""
