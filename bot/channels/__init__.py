"""Channels: how messages reach Rasa and how answers leave it. Each is signed, deduplicated and
cleaned the same way (`base`); a channel adds its own signature, its own form and its own rendering.
"""
