"""The job with FastStream. https://faststream.ag2.ai"""
