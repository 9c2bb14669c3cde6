// Fifty goroutines allocate and free through C: on stacks that Go moves, and with Go's signals.
package main

// #include <stdlib.h>
// #include <string.h>
// static void *make_block(int n) { void *p = malloc(n); memset(p, 1, n); return p; }
import "C"

import (
	"fmt"
	"sync"
)

func main() {
	var group sync.WaitGroup
	for i := 0; i < 50; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 500; j++ {
				C.free(C.make_block(C.int(16 + j)))
			}
		}()
	}
	group.Wait()
	fmt.Println("whole")
}
