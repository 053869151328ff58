"""The catalogue of procedures: what the law asks, costs and allows, and how it is told."""
