from collections import deque


def main():
    n = int(input())
    graph = {}
    for u in range(n):
        graph[u] = []
    for u in range(n):
        for step in (1, 3, 7):
            v = (u * step + step) % n
            graph[u].append(v)
            graph[v].append(u)
    distance = {0: 0}
    queue = deque([0])
    seen = set()
    while queue:
        u = queue.popleft()
        if u in seen:
            continue
        seen.add(u)
        for v in graph[u]:
            if v not in distance:
                distance[v] = distance[u] + 1
                queue.append(v)
    print(max(distance.values()), len(seen))


main()
