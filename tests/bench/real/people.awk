# A JSON array of objects with texts, numbers and nested arrays.
BEGIN {
        if (!people)
                people = 12000
        print "["
        for (i = 1; i <= people; i++) {
                printf "{\"id\":%d,\"name\":\"Person %d of the town\",\"town\":\"Town %d\",\"age\":%d,\"tags\":[", i, i * 7919 % people, i % 300, i % 90
                for (j = 0; j < i % 5; j++)
                        printf "%s\"tag%d\"", j ? "," : "", i * (j + 3) % 50
                printf "],\"place\":{\"x\":%.3f,\"y\":%d}}%s\n", i / 7, -i, i < people ? "," : ""
        }
        print "]"
}
