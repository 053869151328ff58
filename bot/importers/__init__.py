"""Where Rasa's training data comes from besides Rasa's own files."""
