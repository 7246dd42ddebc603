"""The lab with four shards: the same services, the same tools, another topology."""
