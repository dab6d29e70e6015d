line #0 line 1
    heapq#0 = <module heapq>
line #0 line 2
    insort#0 = <function insort_right>
line #0 line 3
    accumulate#0 = <class accumulate>
    permutations#0 = <class permutations>
line #0 line 4
    h#0 = list[5, 1, 4]
line #0 line 5
    heapq is <module heapq>
    h is list[1, 5, 4]
    heapq.heapify(h) is None
    list[1, 5, 4] has 1 at 0
    list[1, 5, 4] has 5 at 1
line #0 line 6
    heapq is <module heapq>
    h is list[0, 1, 4, 5]
    heapq.heappush(h, 0) is None
    now list[0, 1, 4, 5]
line #0 line 7
    heapq is <module heapq>
    h is list[1, 5, 4]
    heapq.heappop(h) is 0
    least#0 = 0
    now list[1, 5, 4]
line #0 line 8
    s#0 = list[1, 3]
line #0 line 9
    s is list[1, 2, 3]
    insort(s, 2) is None
    now list[1, 2, 3]
line #0 line 10
    s is list[1, 2, 3]
    accumulate(s) is <object accumulate>
    list(accumulate(s)) is list[1, 3, 6]
    sums#0 = list[1, 3, 6]
line #0 line 11
    s is list[1, 2, 3]
    permutations(s, 2) is <object permutations>
    list(permutations(s, 2)) is list[tuple[1, 2], tuple[1, 3], tuple[2, 1], tuple[2, 3], tuple[3, 1], tuple[3, 2]]
    len(list(permutations(s, 2))) is 6
    perms#0 = 6
return #0 None
