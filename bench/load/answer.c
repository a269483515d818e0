/* The program that is run for each connection: it answers with one byte. */
#include "../net.h"

int
main(void)
{
    write_all(STDOUT_FILENO, "!", 1);
    return 0;
}
