# expect: memory_limit
# why: memory that doubles is past the limit between two looks
text = "x"
while True:
    text += text
