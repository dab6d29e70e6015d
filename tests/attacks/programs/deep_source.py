# expect: runtime_error,memory_limit
# why: the compiler recurses over what it compiles
eval("-" * 10**6 + "1")
