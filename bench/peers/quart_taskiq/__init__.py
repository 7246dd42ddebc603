"""The job with taskiq and taskiq-aio-pika. https://taskiq-python.github.io"""
