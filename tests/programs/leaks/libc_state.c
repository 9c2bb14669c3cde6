/* What libc keeps for itself is no leak of the program's: locales, time zones, the environment, streams and their buffers,
 * the tables of qsort, hsearch and of users.
 * env: TZ=Europe/Berlin
 * env: LOCPATH=/nonexistent
 * expect: no leaks
 */
#include "leaks.h"
#include <grp.h>
#include <iconv.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <search.h>
#include <syslog.h>
#include <wchar.h>

iconv_t volatile converter;

NOINLINE static void use_libc(void)
{
        struct tm tm;
        time_t now = 1700000000;
        wchar_t wide[10];
        char text[] = "text";

        setlocale(LC_ALL, "C.UTF-8");
        setlocale(LC_NUMERIC, "C");
        tzset();
        localtime_r(&now, &tm);
        mbstowcs(wide, text, 10);
        getpwnam("root");
        getgrgid(0);
        getservbyname("http", "tcp");
        hcreate(100);
        hsearch((ENTRY){text, text}, ENTER);
        openlog("leaks", 0, LOG_USER);
        converter = iconv_open("UTF-16", "UTF-8");
        printf("%ls %f\n", L"wide", 1e300);
        strerror(12345);
        tmpfile();
}

int main(void)
{
        use_libc();
        scrub();
        return 0;
}
