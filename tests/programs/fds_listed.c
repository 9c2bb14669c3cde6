/* The program looks at its descriptors and finds none of ours below 1000; the next one it opens is the next free one.
 * expect: exit 0
 * expect: live main blocks>=1
 * expect: walk agrees
 */
#include "program.h"
#include <dirent.h>
#include <fcntl.h>

int main(void)
{
        struct dirent *entry;
        DIR *directory = opendir("/proc/self/fd");

        keep(malloc(10));
        while ((entry = readdir(directory)))
                if (entry->d_name[0] != '.' && atoi(entry->d_name) < 1000)
                        printf("%s ", entry->d_name);
        closedir(directory);
        printf("| next %d\n", open("/dev/null", O_RDONLY));
        return 0;
}
