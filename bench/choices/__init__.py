"""Our own services run in other ways, so that what was chosen can be compared with what was not.

Nothing of this is in the services. What is changed inside them is changed from outside, before their module runs.
"""
