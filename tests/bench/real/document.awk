# An XML document of elements with attributes, text, namespaces and some depth.
BEGIN {
        if (!books)
                books = 30000
        print "<?xml version=\"1.0\"?>\n<library xmlns=\"urn:example:library\" xmlns:x=\"urn:example:extra\">"
        for (i = 1; i <= books; i++) {
                printf "<book id=\"b%d\" x:shelf=\"%d\"><title>Title %d &amp; more</title>", i, i % 97, i * 7919 % books
                for (j = 0; j < i % 5; j++)
                        printf "<author><first>First%d</first><last>Last %d</last></author>", j, i % 1000
                printf "<price currency=\"%s\">%d.%02d</price><!-- note %d --></book>\n", i % 2 ? "EUR" : "USD", i % 80, i % 100, i
        }
        print "</library>"
}
