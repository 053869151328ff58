"""People behind the bot: talks handed over to an officer, call-backs, complaints, and what
applicants say of the service. Knows nothing of Rasa or of any channel but its name.
"""
