/*
 * For "make coverage" only, linked with --wrap=raise: a program that ends by a signal writes its counters too.
 */
#include <signal.h>

void __gcov_dump(void); /* libgcov's, see gcc's manual under "Gcov and Optimization" */
int __real_raise(int signal_number);
int __wrap_raise(int signal_number);

int
__wrap_raise(int signal_number)
{
    __gcov_dump();
    return __real_raise(signal_number);
}
