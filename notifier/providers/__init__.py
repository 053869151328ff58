"""Providers: each module speaks with one, behind the small interface of `base`.

Adding one is a module here and a line in `registry`.
"""
