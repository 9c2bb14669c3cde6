// Go with C: the C half allocates with malloc from several of Go's threads.
package main

/*
#include <stdlib.h>
#include <string.h>

struct words { char **texts; int count; };

static void keep_words(struct words *words, const char *text, int times)
{
        for (int i = 0; i < times; i++) {
                words->texts = realloc(words->texts, (size_t)(words->count + 1) * sizeof *words->texts);
                words->texts[words->count++] = strdup(text);
        }
}

static int drop_words(struct words *words)
{
        int count = words->count;

        for (int i = 0; i < count; i++)
                free(words->texts[i]);
        free(words->texts);
        return count;
}
*/
import "C"

import (
        "fmt"
        "os"
        "sync"
        "unsafe"
)

func work(number int) int {
        var words C.struct_words
        text := C.CString(fmt.Sprintf("word %d", number))
        defer C.free(unsafe.Pointer(text))
        for i := 0; i < 50; i++ {
                C.keep_words(&words, text, 20)
        }
        return int(C.drop_words(&words))
}

func main() {
        var group sync.WaitGroup
        counts := make([]int, 8)
        for i := range counts {
                group.Add(1)
                go func(i int) {
                        defer group.Done()
                        counts[i] = work(i)
                }(i)
        }
        group.Wait()
        kept := C.CString("kept to the end")
        fmt.Println(counts, C.GoString(kept), work(9))
        os.Exit(3)
}
