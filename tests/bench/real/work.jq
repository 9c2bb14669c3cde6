# What queries do: filter, group, build objects, texts and sums, sort.
(map(select(.age > 20) | . + {initials: (.name | split(" ") | map(.[0:1]) | join("")), tagged: (.tags | length > 0)})) as $people
| ($people | group_by(.town) | map({town: .[0].town, people: length, age: (map(.age) | add / length), names: map(.name) | join(", ")})
   | sort_by(-.age) | .[0:50]),
  ($people | map(.tags[]) | group_by(.) | map({key: .[0], value: length}) | from_entries),
  ($people | map(select(.name | test("1[0-9]*7")) | "\(.id): \(.name | ascii_upcase) at \(.place.x)") | length)
