# expect: runtime_error,output_limit,memory_limit
# why: the message of an exception travels in the report, which has a cap too
raise ValueError("x" * (50 << 20))
