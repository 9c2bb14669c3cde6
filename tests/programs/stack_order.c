/* A hundred functions call one another in a chain; the stack shows all of them, in order, with nothing between.
 * expect: exit 0
 * expect: live f0 blocks=3 bytes=3*8
 * expect: stack f0<f1<f2<f3<f4<f5<f6<f7<f8<f9<f10<f11<f12<f13<f14<f15<f16<f17<f18<f19<f20<f21<f22<f23<f24<f25<f26<f27<f28<f29<f30<f31<f32<f33<f34<f35<f36<f37<f38<f39<f40<f41<f42<f43<f44<f45<f46<f47<f48<f49<f50<f51<f52<f53<f54<f55<f56<f57<f58<f59<f60<f61<f62<f63<f64<f65<f66<f67<f68<f69<f70<f71<f72<f73<f74<f75<f76<f77<f78<f79<f80<f81<f82<f83<f84<f85<f86<f87<f88<f89<f90<f91<f92<f93<f94<f95<f96<f97<f98<f99<main
 * expect: total f0 sites=1
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void f0(int argument)
{
        keep(malloc(8 + 0 * (size_t)argument));
}

#define CALLS(name, next)                           \
        NOINLINE static void name(int argument)     \
        {                                           \
                volatile int own = argument + 1;    \
                next(own);                          \
                own = 0;                            \
        }

CALLS(f1, f0)
CALLS(f2, f1)
CALLS(f3, f2)
CALLS(f4, f3)
CALLS(f5, f4)
CALLS(f6, f5)
CALLS(f7, f6)
CALLS(f8, f7)
CALLS(f9, f8)
CALLS(f10, f9)
CALLS(f11, f10)
CALLS(f12, f11)
CALLS(f13, f12)
CALLS(f14, f13)
CALLS(f15, f14)
CALLS(f16, f15)
CALLS(f17, f16)
CALLS(f18, f17)
CALLS(f19, f18)
CALLS(f20, f19)
CALLS(f21, f20)
CALLS(f22, f21)
CALLS(f23, f22)
CALLS(f24, f23)
CALLS(f25, f24)
CALLS(f26, f25)
CALLS(f27, f26)
CALLS(f28, f27)
CALLS(f29, f28)
CALLS(f30, f29)
CALLS(f31, f30)
CALLS(f32, f31)
CALLS(f33, f32)
CALLS(f34, f33)
CALLS(f35, f34)
CALLS(f36, f35)
CALLS(f37, f36)
CALLS(f38, f37)
CALLS(f39, f38)
CALLS(f40, f39)
CALLS(f41, f40)
CALLS(f42, f41)
CALLS(f43, f42)
CALLS(f44, f43)
CALLS(f45, f44)
CALLS(f46, f45)
CALLS(f47, f46)
CALLS(f48, f47)
CALLS(f49, f48)
CALLS(f50, f49)
CALLS(f51, f50)
CALLS(f52, f51)
CALLS(f53, f52)
CALLS(f54, f53)
CALLS(f55, f54)
CALLS(f56, f55)
CALLS(f57, f56)
CALLS(f58, f57)
CALLS(f59, f58)
CALLS(f60, f59)
CALLS(f61, f60)
CALLS(f62, f61)
CALLS(f63, f62)
CALLS(f64, f63)
CALLS(f65, f64)
CALLS(f66, f65)
CALLS(f67, f66)
CALLS(f68, f67)
CALLS(f69, f68)
CALLS(f70, f69)
CALLS(f71, f70)
CALLS(f72, f71)
CALLS(f73, f72)
CALLS(f74, f73)
CALLS(f75, f74)
CALLS(f76, f75)
CALLS(f77, f76)
CALLS(f78, f77)
CALLS(f79, f78)
CALLS(f80, f79)
CALLS(f81, f80)
CALLS(f82, f81)
CALLS(f83, f82)
CALLS(f84, f83)
CALLS(f85, f84)
CALLS(f86, f85)
CALLS(f87, f86)
CALLS(f88, f87)
CALLS(f89, f88)
CALLS(f90, f89)
CALLS(f91, f90)
CALLS(f92, f91)
CALLS(f93, f92)
CALLS(f94, f93)
CALLS(f95, f94)
CALLS(f96, f95)
CALLS(f97, f96)
CALLS(f98, f97)
CALLS(f99, f98)

int main(void)
{
        for (int i = 0; i < 3; i++)
                f99(i);
        return 0;
}
