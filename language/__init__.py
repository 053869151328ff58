"""Vietnamese text and the shapes of answers: pure standard library, so that it runs both inside
Rasa (Python 3.10) and in the application. It knows nothing of procedures, dossiers or channels.
"""
