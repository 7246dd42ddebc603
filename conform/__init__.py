"""The contract as a list of demands, and the judge that holds any service to it, in whatever language it is written."""
