#include "observe/escape.h"
#include "tap.h"

static void
check(const char *text, const char *wanted)
{
    char safe[256];
    is_text(escape(text, safe, sizeof safe), wanted, "escaped: %s", wanted);
}

int
main(void)
{
    check("plain text", "plain text");
    check("a\033[31mred", "a\\x1b[31mred");
    check("line\nline\r\t", "line\\x0aline\\x0d\\x09");
    check("del\177", "del\\x7f");
    check("gr\303\274n \342\202\254 \360\237\230\200", "gr\303\274n \342\202\254 \360\237\230\200");
    check("c1 \302\233 and 8-bit \233", "c1 \\xc2\\x9b and 8-bit \\x9b");
    check("cut \303", "cut \\xc3");
    check("overlong \300\257 \340\200\257", "overlong \\xc0\\xaf \\xe0\\x80\\xaf");
    check("surrogate \355\240\200", "surrogate \\xed\\xa0\\x80");
    char small[6];
    is_text(escape("ab\033cd", small, sizeof small), "ab", "what does not fit is left out whole");
    return tap_done();
}
