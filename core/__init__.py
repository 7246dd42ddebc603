"""What a task is, and every rule about it that needs no network.

The rule of this package, in six lines:

1. It imports the standard library and ``msgspec``, nothing else.
2. It opens no socket and no file but its own ``openapi.yaml``, and keeps no global state.
3. Time and randomness are passed in.
4. A function takes values and returns values; what went wrong is an exception of ``core.errors``.
5. Both twins call it, so what stands here is the same for both by construction.
6. What needs to wait belongs into ``app/`` and ``asyncapp/``.
"""
