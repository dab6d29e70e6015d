import sys


def main():
    n, queries = map(int, sys.stdin.readline().split())
    prime = [True] * (n + 1)
    prime[0] = prime[1] = False
    i = 2
    while i * i <= n:
        if prime[i]:
            j = i * i
            while j <= n:
                prime[j] = False
                j += i
        i += 1
    prefix = [0] * (n + 2)
    for i in range(n + 1):
        prefix[i + 1] = prefix[i] + (i if prime[i] else 0)
    total = 0
    for q in range(queries):
        left = q * 7 % n
        right = min(n, left + q % 50)
        total += prefix[right + 1] - prefix[left]
    print(total)


main()
