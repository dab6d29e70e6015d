# expect: runtime_error
# why: the interpreter trusts its byte code and crashes on bad one


def victim():
    return 1


victim.__code__ = victim.__code__.replace(co_code=bytes(range(100, 200)), co_stacksize=1)
victim()
