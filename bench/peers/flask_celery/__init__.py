"""The job with Celery. https://docs.celeryq.dev"""
