"""What scripts do: parse and write JSON, match patterns, count words, build objects, sort."""
import collections
import json
import re
import sys


class Item:
    def __init__(self, number, name):
        self.number = number
        self.name = name


def records(count):
    return [{"id": i, "name": f"name {i * 7919 % count}", "tags": [f"tag{i % 17}", f"tag{i % 5}"],
             "place": {"x": i / 3, "y": -i}} for i in range(count)]


def words(text):
    return collections.Counter(match.group(0).lower() for match in re.finditer(r"[A-Za-z]+\d*", text))


def main():
    text = json.dumps(records(int(sys.argv[1])))
    for _ in range(3):
        data = json.loads(text)
    counts = words(text)
    items = sorted((Item(row["id"], row["name"]) for row in data), key=lambda item: item.name)
    groups = collections.defaultdict(list)
    for item in items:
        groups[item.name[-2:]].append(item)
    replaced = re.sub(r"tag(\d+)", lambda match: f"label-{match.group(1)}", text)
    print(len(text), len(replaced), counts.most_common(3), len(groups))


main()
