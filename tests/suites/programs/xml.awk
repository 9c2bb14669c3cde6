# A document of 8,000 items with attributes, text, entities, comments and namespaces.
BEGIN {
        print "<?xml version='1.0'?>\n<!DOCTYPE all [<!ENTITY who 'an entity'>]>\n<all xmlns:x='urn:x'>"
        for (i = 0; i < 8000; i++)
                printf "<item id='%d' size='%d'><name>name %d &amp; more</name><x:note>&who; of %d</x:note><!-- %d --></item>\n",
                        i, i * 7919 % 1000, i % 97, i, i
        print "</all>"
}
