"""The live board: the page at ``/``, and the small service that feeds it. It looks at the lab from outside."""
