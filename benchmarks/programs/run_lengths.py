class Encoder:
    def __init__(self, text):
        self.text = text
        self.runs = []
        self.longest = 0

    def add(self, letter, length):
        self.runs.append((letter, length))
        self.longest = max(self.longest, length)

    def encode(self):
        start = 0
        while start < len(self.text):
            end = start
            while end < len(self.text) and self.text[end] == self.text[start]:
                end += 1
            self.add(self.text[start], end - start)
            start = end
        return self.runs


def main():
    n = int(input())
    letters = []
    for i in range(n):
        letters.append("abc"[i * i // 5 % 3])
    text = "".join(letters)
    encoder = Encoder(text)
    out = ""
    for letter, length in encoder.encode():
        out += letter + str(length)
    counts = {}
    for letter in out:
        counts[letter] = counts.get(letter, 0) + 1
    print(len(out), encoder.longest, sorted(counts))


main()
