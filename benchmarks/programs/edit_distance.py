def main():
    n = int(input())
    a = [(i * 7 + 3) % 11 for i in range(n)]
    b = [(i * 5 + 1) % 11 for i in range(n)]
    dp = [[0] * (n + 1) for _ in range(n + 1)]
    for i in range(n + 1):
        dp[i][0] = i
        dp[0][i] = i
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            if a[i - 1] == b[j - 1]:
                dp[i][j] = dp[i - 1][j - 1]
            else:
                best = min(dp[i - 1][j], dp[i][j - 1], dp[i - 1][j - 1])
                dp[i][j] = best + 1
    print(dp[n][n])


main()
