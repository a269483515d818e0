/* Filters as tcpdump -ddd prints them: what is read, and what is refused with which words. */
#include "dial/filter.h"
#include "tap.h"

#include <linux/filter.h>
#include <string.h>

/* ether proto 0x88b5 */
static const char program[] = "4\n40 0 0 12\n21 0 1 34997\n6 0 0 262144\n6 0 0 0\n";

static void
check_read(const char *text, const char *words)
{
    static const struct sock_filter want[] = {
        { 40, 0, 0, 12 }, { 21, 0, 1, 34997 }, { 6, 0, 0, 262144 }, { 6, 0, 0, 0 }
    };
    struct filter filter;
    char problem[FILTER_PROBLEM_MAX] = "";
    if (!is_int(filter_parse(text, strlen(text), &filter, problem), 0, "%s: read", words))
        return;
    is_data(filter.steps, filter.count * sizeof *filter.steps, want, sizeof want, "%s: all of it", words);
    filter_free(&filter);
    ok(!filter.steps && filter.count == 0, "%s: freed", words);
}

static void
check_refused(const char *text, const char *why)
{
    struct filter filter;
    char problem[FILTER_PROBLEM_MAX] = "";
    is_int(filter_parse(text, strlen(text), &filter, problem), -1, "\"%s\" is refused", text);
    is_text(problem, why, "which it says");
    ok(!filter.steps, "and nothing is left to free");
}

int
main(void)
{
    static const char begin[] = "begins with the number of its steps, 1 to 4096, as tcpdump -ddd prints them";
    check_read(program, "tcpdump's lines");
    check_read("4\r\n40 0 0 12\r\n 21\t0 1 34997\r\n6 0 0 262144 \r\n6 0 0 0",
               "other line ends, and none at the end");
    check_read("4,40 0 0 12,21 0 1 34997,6 0 0 262144,6 0 0 0", "iptables' commas");
    check_read("4\n40 0 0 12\n21 0 1 34997\n6 0 0 262144\n6 0 0 0\n\n \n", "blank lines behind");
    check_refused("", begin);
    check_refused("arp", begin);
    check_refused("0\n", begin);
    check_refused("4097\n", begin);
    check_refused("99999999999999999999999\n", begin);
    check_refused("1 2\n", begin);
    check_refused("2\n6 0 0 0\n", "step 2: code is a decimal number from 0 to 65535");
    check_refused("1\n6 0 0\n", "step 1: k is a decimal number from 0 to 4294967295");
    check_refused("1\n6 0 256 0\n", "step 1: jf is a decimal number from 0 to 255");
    check_refused("1\n6 -1 0 0\n", "step 1: jt is a decimal number from 0 to 255");
    check_refused("1\n65536 0 0 0\n", "step 1: code is a decimal number from 0 to 65535");
    check_refused("1\n6 0 0 4294967296\n", "step 1: k is a decimal number from 0 to 4294967295");
    check_refused("1\n6 0 0 0 7\n", "step 1: more than four numbers");
    check_refused("1\n{ 0x6, 0, 0, 0x0 },\n", "step 1: code is a decimal number from 0 to 65535");
    check_refused("1\n6 0 0 0\n6 0 0 0\n", "more than the 1 steps that it begins with");
    return tap_done();
}
