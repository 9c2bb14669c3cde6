/* libc loads modules by itself (iconv), sets locales and keeps much of it: charged to the function that asked. How much is
 * right is told by count, which runs this program as well.
 * expect: exit 0
 * expect: total converts allocations>=5
 * expect: live converts blocks<=60
 * expect: live locales blocks<=300
 * expect: process main frees_foreign=0
 * expect: walk agrees
 */
#include "program.h"
#include <iconv.h>
#include <locale.h>
#include <wchar.h>

NOINLINE static void converts(void)
{
        char in[] = "gr\xfc\xdf dich", out[100], *from = in, *to = out;
        size_t left = strlen(in), room = sizeof out;
        iconv_t handle = iconv_open("UTF-8", "ISO-8859-15");

        CHECK(handle != (iconv_t)-1);
        CHECK(iconv(handle, &from, &left, &to, &room) == 0);
        printf("%.*s\n", (int)(to - out), out);
        iconv_close(handle);
        handle = iconv_open("UTF-16", "EUC-JP");
        CHECK(handle != (iconv_t)-1);
        iconv_close(handle);
        CHECK(iconv_open("NO-SUCH", "UTF-8") == (iconv_t)-1 && errno == EINVAL);
}

NOINLINE static void locales(void)
{
        locale_t locale;
        wchar_t wide[20];

        CHECK(setlocale(LC_ALL, "C.UTF-8"));
        CHECK(mbstowcs(wide, "\xc3\xbc" "ber", 20) == 4);
        CHECK(locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL));
        freelocale(locale);
        CHECK(!setlocale(LC_ALL, "xx_YY.nothing"));
        setlocale(LC_ALL, "C");
}

int main(void)
{
        converts();
        locales();
        return 0;
}
