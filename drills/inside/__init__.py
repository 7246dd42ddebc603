"""A service of the project with faults or defects inside it, planted from outside: ``python -m drills.inside …``.

Nothing of this is in the services. Each planting names what it changes there, and fails where that is gone.
"""
