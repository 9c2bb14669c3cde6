/* A plugin loaded with RTLD_DEEPBIND through the RUNPATH $ORIGIN of the library that calls dlopen: it must be found
 * there, and its malloc and free must be ours, since libc's internal allocations are.
 * build: mkdir -p $OUT/lib/plugins && $CC $FLAGS -DPLUGIN -shared -fPIC -o $OUT/lib/plugins/libplugin.so $SRC
 * build: $CC $FLAGS -DCALLER -shared -fPIC -o $OUT/lib/libcaller.so $SRC -Wl,--enable-new-dtags,-rpath,'$ORIGIN/plugins'
 * build: $CC $FLAGS -o $EXE $SRC -L$OUT/lib -lcaller -Wl,-rpath,$OUT/lib
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live plugin_leaks blocks=2 bytes=9+77
 * expect: total plugin_tidies allocations=3..4 live_blocks=0
 * expect: stack plugin_leaks<plugin_entry<load_plugin<main
 * expect: process main frees_foreign=0
 * expect: walk agrees
 */
#include "program.h"

int load_plugin(void);
int plugin_entry(void);

#if defined PLUGIN
NOINLINE static void plugin_leaks(void)
{
        char *text;

        CHECK(asprintf(&text, "hello %d", 42) == 8);
        keep(malloc(77));
}

NOINLINE static void plugin_tidies(void)
{
        char *text;

        CHECK(asprintf(&text, "good bye %d", 42) > 0);
        free(text);
        free(strdup("x"));
        free(malloc(10));
}

NOINLINE int plugin_entry(void)
{
        plugin_leaks();
        plugin_tidies();
        return 7;
}
#elif defined CALLER
#include <dlfcn.h>

NOINLINE int load_plugin(void)
{
        void *library = dlopen("libplugin.so", RTLD_NOW | RTLD_DEEPBIND);
        int (*entry)(void);
        int result;

        if (!library) {
                puts(dlerror());
                return -1;
        }
        CHECK(entry = (int (*)(void))dlsym(library, "plugin_entry"));
        result = entry();
        return result;
}
#else
int main(void)
{
        int result = load_plugin();

        printf("the plugin says %d\n", result);
        return result != 7;
}
#endif
