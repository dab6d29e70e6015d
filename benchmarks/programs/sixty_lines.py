import heapq
from collections import defaultdict, deque


class Network:
    def __init__(self, size):
        self.size = size
        self.roads = defaultdict(list)
        self.visits = [0] * size

    def connect(self, a, b, cost):
        self.roads[a].append((b, cost))
        self.roads[b].append((a, cost))

    def cheapest(self, start):
        costs = [None] * self.size
        heap = [(0, start)]
        while heap:
            cost, place = heapq.heappop(heap)
            if costs[place] is not None:
                continue
            costs[place] = cost
            self.visits[place] += 1
            for other, step in self.roads[place]:
                if costs[other] is None:
                    heapq.heappush(heap, (cost + step, other))
        return costs


def hops(network, start):
    seen = {start: 0}
    queue = deque([start])
    while queue:
        place = queue.popleft()
        for other, _ in network.roads[place]:
            if other not in seen:
                seen[other] = seen[place] + 1
                queue.append(other)
    return seen


def ways(limit, coins):
    table = [1] + [0] * limit
    for coin in coins:
        for total in range(coin, limit + 1):
            table[total] += table[total - coin]
    return table[limit]


def main():
    n = int(input())
    network = Network(n)
    for i in range(1, n):
        network.connect(i, (i * i) // 2 % i, i % 3 + 1)
    found = [cost if cost is not None else -1 for cost in network.cheapest(0)]
    print(*found, sep=" ")
    print(max(hops(network, 0).values()), sum(network.visits), ways(n, (1, 2)))


main()
