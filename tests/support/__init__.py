"""What the tests against real servers share. Nothing here knows a port: everything comes from the stack's status."""
