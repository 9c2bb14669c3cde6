/* A thousand places that leak are a thousand rows.
 * expect: leak lost class=definite blocks=1024 bytes=1024*24
 * expect: sql SELECT count(*) FROM leak WHERE class = 'definite' => 1024
 */
#include "leaks.h"

NOINLINE static void lost(void) { keep(malloc(24)); }
NOINLINE static void turn(int number, int left);

NOINLINE static void left_turn(int number, int left) { turn(number / 2, left - 1); keep(NULL); }
NOINLINE static void right_turn(int number, int left) { turn(number / 2, left - 1); keep(NULL); }

/* Ten turns to one side or the other are a path of their own for each number. */
NOINLINE static void turn(int number, int left)
{
        if (left == 0)
                lost();
        else if (number % 2)
                left_turn(number, left);
        else
                right_turn(number, left);
        keep(NULL);
}

int main(void)
{
        for (int i = 0; i < 1024; i++)
                turn(i, 10);
        scrub();
        return 0;
}
