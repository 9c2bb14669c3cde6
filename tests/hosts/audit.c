/* An auditor: the loader puts it into a namespace of its own, with a libc of its own. */
unsigned la_version(unsigned version);

unsigned la_version(unsigned version)
{
        return version;
}
