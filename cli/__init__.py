"""The lab's command line, ``./lab``. It sees the stack from outside: HTTP, AMQP, MongoDB, processes.

``main`` is the whole command surface. Both ways of running stand behind the protocol ``stack.Stack``:
``native`` (programs of this computer under supervisord) and ``compose`` (containers).
"""
