"""``./lab pack`` and ``./lab up --from``: a class without a network. ``stick`` is what both agree on."""
