n = int(input())
columns = [False] * n
rising = [False] * (2 * n)
falling = [False] * (2 * n)
placed = []
found = 0


def place(row):
    global found
    if row == n:
        found += 1
        return
    for column in range(n):
        if columns[column] or rising[row + column] or falling[row - column + n]:
            continue
        columns[column] = rising[row + column] = falling[row - column + n] = True
        placed.append(column)
        place(row + 1)
        placed.pop()
        columns[column] = rising[row + column] = falling[row - column + n] = False


place(0)
print(found)
