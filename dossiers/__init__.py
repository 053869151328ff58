"""The registry: dossiers, their events and life-cycle, import, proof of identity and look-up.

It knows no procedure's rules, sends nothing and answers nobody: rooms above bring these together.
"""
