# expect: ok,cpu_limit,timeout,memory_limit
# why: objects that come back from the dead each time the end is near


class Phoenix:
    kept = []

    def __del__(self):
        Phoenix.kept.append(Phoenix())


Phoenix()
print("end")
