/* Something for the compiler, the assembler and the linker to do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
        struct word *next;
        char text[32];
        int count;
};

static struct word *table[256];

static struct word *find(const char *text)
{
        unsigned hash = 0;

        for (const char *byte = text; *byte; byte++)
                hash = hash * 31 + (unsigned char)*byte;
        struct word **slot = &table[hash % 256];
        while (*slot && strcmp((*slot)->text, text) != 0)
                slot = &(*slot)->next;
        if (!*slot) {
                *slot = calloc(1, sizeof **slot);
                if (!*slot)
                        abort();
                snprintf((*slot)->text, sizeof(*slot)->text, "%s", text);
        }
        return *slot;
}

int main(void)
{
        char text[32];
        long sum = 0;

        for (int i = 0; i < 20000; i++) {
                snprintf(text, sizeof text, "word%d", i * 7919 % 997);
                sum += ++find(text)->count;
        }
        printf("%ld\n", sum);
        return 0;
}
