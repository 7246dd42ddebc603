"""The job as tutorials show it, with pika alone: https://www.rabbitmq.com/tutorials/tutorial-two-python"""
