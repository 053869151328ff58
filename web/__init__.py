"""The public site: the chat page, the demonstration phone, providers' callbacks, health."""
