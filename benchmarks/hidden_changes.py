"""Small programs that each change one value inside something larger, for asking which tracer shows it."""

MARK = "987654"
"""The value, which none of the texts spells out."""
_VALUE = "int('987') * 1000 + 654"
HIDDEN_CHANGES = {
    "element of a long list": f"xs = [0] * 200\nxs[100] = {_VALUE}\ny = 1\n",
    "row by another name": f"rows = [[0] * 40 for _ in range(40)]\nrow = rows[20]\nrow[20] = {_VALUE}\ny = 1\n",
    "attribute": f"class P:\n    pass\np = P()\np.x = {_VALUE}\ny = 1\n",
    "list of an instance, in its method": (
        "class P:\n    def __init__(self):\n        self.xs = [0] * 9\n"
        f"    def fill(self):\n        self.xs[5] = {_VALUE}\np = P()\np.fill()\ny = 1\n"
    ),
    "library call": f"import heapq\nh = list(range(90))\nheapq.heappush(h, {_VALUE})\ny = 1\n",
    "list in a dict": f"d = {{i: [0] * 9 for i in range(30)}}\nd[15][5] = {_VALUE}\ny = 1\n",
}
