/* The program closes every descriptor it does not know, twice and in three ways, then opens files of its own: none of our
 * bytes are in them, and nothing is lost.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: total works allocations=4*30000+4 frees=4*30000
 * expect: live works blocks=4 bytes=4*19
 * expect: walk agrees
 */
#include "program.h"
#include <fcntl.h>
#include <sys/stat.h>

enum { FILES = 30 };

NOINLINE static void works(void)
{
        for (int i = 0; i < 30000; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
        keep(malloc(19));
}

/* Fills the lowest numbers and the ones around 1000, where an instrument may live. */
static void files(int *fds)
{
        for (int i = 0; i < FILES; i++) {
                char name[20];

                snprintf(name, sizeof name, "file%d", i);
                fds[i] = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
                CHECK(fds[i] >= 3);
                if (i >= FILES / 2) {
                        int high = dup2(fds[i], 1000 + i - FILES / 2);

                        CHECK(high >= 1000);
                        close(fds[i]);
                        fds[i] = high;
                }
                CHECK(write(fds[i], "mine", 4) == 4);
        }
}

static void verify(int *fds)
{
        for (int i = 0; i < FILES; i++) {
                struct stat status;

                CHECK(!fstat(fds[i], &status) && status.st_size == 4);
                close(fds[i]);
        }
}

int main(void)
{
        int fds[FILES];

        works();
        CHECK(!close_range(3, ~0u, 0));
        files(fds);
        works();
        verify(fds);
        for (int fd = 3; fd < 2000; fd++)
                close(fd);
        files(fds);
        works();
        verify(fds);
        closefrom(3);
        works();
        return 0;
}
