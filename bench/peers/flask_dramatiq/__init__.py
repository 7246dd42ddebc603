"""The job with Dramatiq. https://dramatiq.io"""
